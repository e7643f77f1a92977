//! What is said about an upload in parts: bodies and header fields. What is read means what is written.
#![no_main]
use tipline_wire::upload::{self, Declared, Held, UploadKey};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(said) = Declared::parse(bytes) {
        assert_eq!(Declared::parse(said.body().as_bytes()), Some(said));
        let lengths: u64 = (0..said.parts()).filter_map(|n| said.part(n)).map(|(_, len)| len).sum();
        assert_eq!(lengths, said.sealed_len());
    }
    if let Some(held) = Held::parse(bytes) {
        assert_eq!(Held::parse(&held.body()), Some(held));
    }
    if let Some(id) = upload::parse_commit(bytes) {
        assert_eq!(upload::parse_commit(upload::commit_body(&id).as_bytes()), Some(id));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = UploadKey::of_authorization(text);
    if let Some(digest) = upload::parse_content_digest(text) {
        assert_eq!(upload::content_digest(&digest), text);
    }
});
