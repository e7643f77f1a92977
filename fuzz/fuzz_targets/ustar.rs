//! Tar headers: what is accepted has a plain name and can be written again.
#![no_main]
use tipline_wire::ustar::{BLOCK, Header};
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(block) = bytes.first_chunk::<BLOCK>() else { return };
    if let Ok(header) = Header::parse(block) {
        let written = header.to_block().expect("what is read can be written");
        assert_eq!(Header::parse(&written), Ok(header));
    }
});
