//! `[pickup]`: which weeks a pickup has, and which acknowledged tips are removed, and when.

use serde::Deserialize;

use crate::acknowledgements::{Needed, Rule};
use crate::office::Weeks;

/// The longest grace that can be set, in days.
const LONGEST_GRACE: u32 = 3_650;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Pickup {
    weeks: Option<String>,
    acks: Option<String>,
    grace_days: Option<u32>,
}

impl Pickup {
    pub(super) fn weeks(&self) -> Result<Weeks, String> {
        match self.weeks.as_deref() {
            None | Some("open") => Ok(Weeks::Open),
            Some("closed") => Ok(Weeks::Closed),
            Some(other) => Err(format!("weeks = \"{other}\": \"open\" or \"closed\" was expected")),
        }
    }

    pub(super) fn removal(&self) -> Result<Rule, String> {
        let needed = match self.acks.as_deref() {
            None | Some("all") => Needed::All,
            Some("any") => Needed::Any,
            Some(other) => return Err(format!("acks = \"{other}\": \"all\" or \"any\" was expected")),
        };
        let grace_days = self.grace_days.unwrap_or(Rule::default().grace_days);
        if grace_days > LONGEST_GRACE {
            return Err(format!("grace_days = {grace_days}: 0 to {LONGEST_GRACE} was expected"));
        }
        Ok(Rule { needed, grace_days })
    }
}
