//! Methods, paths and the short texts of a request.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (method, path) = text.split_once(' ').unwrap_or(("GET", text));
    let _ = tipline_wire::route::Route::parse(method, path);
    let _ = tipline_wire::pickup::parse_tip_name(text);
    let _ = tipline_wire::pickup::parse_sums_line(text);
    if let Some(date) = tipline_wire::date::Date::parse(text) {
        assert_eq!(date.to_string(), text);
    }
});
