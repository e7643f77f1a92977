//! tip.json as the desk reads it: whatever it holds, it can be shown, without a control character.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let read = tipline_report::read(bytes);
    let text = tipline_report::text(&read, &[]);
    assert!(!text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')));
    let _ = tipline_report::Tip::from_json(bytes).map(|tip| tip.check());
});
