//! Armored signatures and public keys.
#![no_main]
use tipline_wire::sshsig;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = sshsig::verify(text, sshsig::INTAKE, b"document");
    if let Ok(key) = text.parse::<sshsig::PublicKey>() {
        assert_eq!(key.to_string(), text);
    }
});
