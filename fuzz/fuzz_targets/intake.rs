//! The intake document: what is read is written back the same.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(intake) = tipline_wire::intake::Intake::parse(text) {
        assert_eq!(intake.to_text().as_deref(), Ok(text));
    }
});
