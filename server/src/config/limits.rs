//! `[limits]`: what visitors may take, all together and each circuit.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::Deserialize;

use crate::admission::Rules;
use crate::limits::Limits;
use crate::store::Options;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LimitsTable {
    connections: Option<usize>,
    circuit_tips: Option<u32>,
    uploads_active: Option<u32>,
    large_gib_per_day: Option<u32>,
    small_reserve_percent: Option<u8>,
    large_stop_percent: Option<u8>,
    small_stop_percent: Option<u8>,
}

impl LimitsTable {
    /// Those of the public door.
    pub(super) fn limits(&self) -> Result<Limits, String> {
        let defaults = Limits::default();
        let connections = within("connections", self.connections, defaults.connections, 1..=65_536)?;
        Ok(Limits { connections, rules: self.rules()?, ..defaults })
    }

    fn rules(&self) -> Result<Rules, String> {
        let or = Rules::default();
        Ok(Rules {
            circuit_tips: within("circuit_tips", self.circuit_tips, or.circuit_tips, 1..=1_000)?,
            uploads_active: within("uploads_active", self.uploads_active, or.uploads_active, 1..=4_096)?,
            large_gib_per_day: within(
                "large_gib_per_day",
                self.large_gib_per_day,
                or.large_gib_per_day,
                0..=65_536,
            )?,
            large_stop_percent: within(
                "large_stop_percent",
                self.large_stop_percent,
                or.large_stop_percent,
                0..=100,
            )?,
        })
    }

    /// Those that the store keeps, over these options.
    pub(super) fn of_store(&self, or: Options) -> Result<Options, String> {
        let (stop, reserve) = (self.small_stop_percent, self.small_reserve_percent);
        let small_stop_percent = within("small_stop_percent", stop, or.small_stop_percent, 1..=100)?;
        let small_reserve_percent =
            within("small_reserve_percent", reserve, or.small_reserve_percent, 0..=100)?;
        Ok(Options { small_stop_percent, small_reserve_percent, ..or })
    }
}

fn within<T>(key: &str, given: Option<T>, or: T, range: RangeInclusive<T>) -> Result<T, String>
where
    T: PartialOrd + Display,
{
    let value = given.unwrap_or(or);
    if range.contains(&value) {
        return Ok(value);
    }
    Err(format!("{key} = {value}: {} to {} was expected", range.start(), range.end()))
}
