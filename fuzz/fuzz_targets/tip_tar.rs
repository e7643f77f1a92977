//! The inside of a tip: no byte of it is lost, however it is cut into pieces.
#![no_main]
use tipline_envelope::tip::{Event, TipReader};
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (step, bytes) =
        bytes.split_first().map_or((1, bytes), |(first, rest)| (usize::from(*first).max(1) * 7, rest));
    let mut reader = TipReader::new(bytes.len() as u64);
    let mut kept = 0;
    for mut piece in bytes.chunks(step) {
        while let Some(event) = reader.next(&mut piece) {
            if let Event::Data(data) = event {
                kept += data.len();
            }
        }
    }
    let _ = reader.finish();
    assert!(kept <= bytes.len());
});
