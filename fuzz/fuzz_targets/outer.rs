//! The outer form of a tip, as the letterbox reads it.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = tipline_wire::outer::Header::parse_any(bytes) {
        assert_eq!(header.stanzas().count(), usize::from(header.recipients()));
    }
});
