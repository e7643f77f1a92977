//! A form with one file: however the bytes are cut, the same comes out.
#![no_main]
use tipline_wire::form::{FormError, FormReader};

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, FormError> {
    let Some(mut reader) = FormReader::new("multipart/form-data; boundary=x") else { unreachable!() };
    let mut file = Vec::new();
    for piece in pieces {
        reader.feed(piece, &mut file)?;
    }
    reader.end().map(|()| file)
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = FormReader::new(text);
    }
    let Some((size, body)) = bytes.split_first() else { return };
    let whole = read(std::iter::once(body));
    assert_eq!(read(body.chunks(usize::from(*size).max(1))), whole);
    let Ok(file) = whole else { return };
    let form = [b"--x\r\n\r\n", file.as_slice(), b"\r\n--x--"].concat();
    assert_eq!(read(std::iter::once(form.as_slice())), Ok(file));
});
