//! Degrees of a position as a person reads them, in whole numbers: floating-point text would be a tenth of the module
//! that every page carries.

use alloc::format;
use alloc::string::String;

/// Units of a degree.
pub(crate) const UNITS: i64 = 10_000;

/// A place on the earth; each number in [`UNITS`] of a degree.
pub(crate) fn place(latitude: i64, longitude: i64) -> String {
    format!("{}, {}", written(latitude), written(longitude))
}

fn written(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let units = units.unsigned_abs();
    let whole = units.checked_div(UNITS.unsigned_abs()).unwrap_or_default();
    let rest = units.checked_rem(UNITS.unsigned_abs()).unwrap_or_default();
    format!("{sign}{whole}.{rest:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_written_with_four_digits() {
        assert_eq!(place(43_792_500, -1), "4379.2500, -0.0001");
        assert_eq!(place(0, -1_800_000), "0.0000, -180.0000");
    }
}
