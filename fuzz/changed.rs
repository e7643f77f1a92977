//! Changes to sound bytes: chance would hardly write the fixed words of a document.

/// Each three bytes say where a byte is put, instead of another or before it.
pub fn changed(sound: &str, changes: &[u8]) -> Vec<u8> {
    let mut document = sound.as_bytes().to_vec();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0] & 0x7f, change[1]])) % document.len();
        match change[0] >> 7 {
            0 => document[at] = change[2],
            _ => document.insert(at, change[2]),
        }
    }
    document
}
