//! The pickup: the tar of sealed tips that a courier carries. `manifest.json`, `tips/<week>/<id>.age` …, `SHA256SUMS` last.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::hex;
use crate::tip_id::TipId;

/// The manifest's `schema`.
pub const SCHEMA: &str = "tipline-pickup/1";
/// Name of the first entry.
pub const MANIFEST: &str = "manifest.json";
/// Name of the last entry.
pub const SUMS: &str = "SHA256SUMS";
/// The longest manifest that is read, in bytes.
pub const LONGEST_MANIFEST: u64 = 65_536;

/// What the first entry says of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// 32 hex digits, drawn when the pickup was made.
    pub id: String,
    /// The site of the intake document then in force.
    pub site: String,
    /// The Mondays of the weeks it has tips of.
    pub weeks: Vec<String>,
    /// Every tip of epochs that ended by this day is in it or was acknowledged before. `None` while a volume of the letterbox
    /// cannot be read: nobody knows then which tips are missing.
    pub complete_through: Option<String>,
    /// Tips.
    pub count: u64,
    /// Their bytes, added up.
    pub bytes: u64,
}

/// The name of a tip in the pickup.
#[must_use]
pub fn tip_name(week: Date, id: &TipId) -> String {
    format!("tips/{week}/{id}.age")
}

/// The week and id in a tip's name; `None` for any other name.
#[must_use]
pub fn parse_tip_name(name: &str) -> Option<(Date, TipId)> {
    let (week, file) = name.strip_prefix("tips/")?.split_once('/')?;
    let week = Date::parse(week).filter(|d| d.is_monday())?;
    Some((week, file.strip_suffix(".age")?.parse().ok()?))
}

/// One line of `SHA256SUMS`, as `sha256sum` writes and checks it.
#[must_use]
pub fn sums_line(digest: &[u8; 32], name: &str) -> String {
    format!("{}  {name}\n", hex::encode(digest))
}

/// Takes a line of `SHA256SUMS`, without its line break, apart.
#[must_use]
pub fn parse_sums_line(line: &str) -> Option<([u8; 32], &str)> {
    let (digest, name) = line.split_once("  ")?;
    Some((hex::decode(digest)?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sums_come_back() {
        let (week, id) = (Date::parse("2026-11-23").unwrap(), TipId::of_one_request(b"x"));
        let name = tip_name(week, &id);
        assert_eq!(parse_tip_name(&name), Some((week, id)));
        assert!(crate::ustar::is_plain(&name) && name.len() <= crate::ustar::LONGEST_NAME);
        let line = sums_line(&[3; 32], &name);
        assert_eq!(parse_sums_line(line.trim_end()), Some(([3; 32], name.as_str())));
    }

    #[test]
    fn other_names_are_none() {
        for name in ["tips/2026-11-24/00.age", "tips/../x.age", "manifest.json", "tips/2026-11-23/x/y.age"] {
            assert_eq!(parse_tip_name(name), None);
        }
    }
}
