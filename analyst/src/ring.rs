//! The ring: this desk's secret keys, one a week, as the text that `ring.age` seals.
//!
//! The text is itself an age identity file, so that stock tools can read tips: `age -d -i openers/1.age ring.age` gives
//! the file that `age -d -i` takes. What only we need stands in its comments.

use std::fmt::Write as _;

use tipline_envelope::Identity;
use tipline_wire::date::{Date, Epoch};
use zeroize::Zeroizing;

/// The first line.
const VERSION: &str = "# tipline-ring 1";
const EPOCH: &str = "# epoch ";
/// The longest ring that is read, in bytes: over ten years of weeks.
pub const LONGEST: usize = 65_536;
/// Bytes of one week's lines, at most.
const A_WEEK: usize = 128;

/// A week and the key that opens its tips.
pub struct WeekKey {
    /// The week.
    pub epoch: Epoch,
    /// Opens the tips that were sealed for this desk in that week.
    pub identity: Identity,
}

/// The secret keys that this desk holds, by week.
pub struct Ring {
    weeks: Vec<WeekKey>,
}

/// The text is no ring. Says nothing of its content, which is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not what a ring has there")]
pub struct NotARing {
    /// The line, from 1.
    pub line: usize,
}

impl Ring {
    /// A ring of these weeks.
    #[must_use]
    pub fn new(weeks: Vec<WeekKey>) -> Self {
        Self { weeks }
    }

    /// The weeks, as they stand in the ring.
    #[must_use]
    pub fn weeks(&self) -> &[WeekKey] {
        &self.weeks
    }

    /// The weeks, that of `likely` first: a tip is nearly always sealed for the week it arrived in.
    pub fn weeks_from(&self, likely: Option<Date>) -> impl Iterator<Item = &WeekKey> {
        let is_likely = move |week: &&WeekKey| Some(week.epoch.start) == likely;
        self.weeks.iter().filter(is_likely).chain(self.weeks.iter().filter(move |week| !is_likely(week)))
    }

    /// Reads the text. Blank lines and other comments are passed over.
    ///
    /// # Errors
    /// The number of the line that is wrong.
    pub fn parse(text: &str) -> Result<Self, NotARing> {
        let mut weeks = Vec::new();
        let mut due = None;
        for (line, content) in (1..).zip(text.lines()) {
            let wrong = NotARing { line };
            if line == 1 {
                (content == VERSION && text.len() <= LONGEST).then_some(()).ok_or(wrong)?;
            } else if let Some(dates) = content.strip_prefix(EPOCH) {
                due = Some(read_epoch(dates).ok_or(wrong)?);
            } else if !content.is_empty() && !content.starts_with('#') {
                let identity = Identity::parse(content).map_err(|_| wrong)?;
                weeks.push(WeekKey { epoch: due.take().ok_or(wrong)?, identity });
            }
        }
        if text.is_empty() { Err(NotARing { line: 1 }) } else { Ok(Self { weeks }) }
    }

    /// The text that [`Ring::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        // One allocation: a growing string would leave unwiped copies of the keys behind.
        let mut text =
            Zeroizing::new(String::with_capacity(A_WEEK.saturating_mul(self.weeks.len().saturating_add(1))));
        text.push_str(VERSION);
        text.push('\n');
        for week in &self.weeks {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{EPOCH}{} {}", week.epoch.start, week.epoch.end);
            text.push_str(&week.identity.to_text());
            text.push('\n');
        }
        text
    }
}

fn read_epoch(text: &str) -> Option<Epoch> {
    let (start, end) = text.split_once(' ')?;
    let epoch = Epoch::starting(Date::parse(start)?)?;
    (Date::parse(end)? == epoch.end).then_some(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(start: &str, seed: u8) -> WeekKey {
        let epoch = Epoch::starting(Date::parse(start).unwrap()).unwrap();
        WeekKey { epoch, identity: Identity::from_seed([seed; 32]) }
    }

    #[test]
    fn the_text_is_an_identity_file_and_comes_back() {
        let ring = Ring::new(vec![week("2026-11-23", 1), week("2026-11-30", 2)]);
        let text = ring.to_text();
        assert!(text.capacity() <= A_WEEK * 3, "it never grew");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["# tipline-ring 1", "# epoch 2026-11-23 2026-11-30"]);
        assert!(lines.iter().all(|l| l.starts_with('#') || l.starts_with("AGE-SECRET-KEY-PQ-1")));
        let again = Ring::parse(&text).unwrap();
        assert_eq!(*again.to_text(), *text);
        let first = |likely| again.weeks_from(Date::parse(likely)).next().unwrap().epoch.start.to_string();
        assert_eq!((first("2026-11-30"), first("2020-01-06")), ("2026-11-30".into(), "2026-11-23".into()));
    }

    #[test]
    fn what_is_no_ring_names_the_line_and_not_the_key() {
        let text = Ring::new(vec![week("2026-11-23", 1)]).to_text();
        for (bad, line) in [
            (text.replace("ring 1", "ring 2"), 1),
            (text.replace("2026-11-30", "2026-12-01"), 2),
            (text.replace("# epoch", "# what"), 3),
            (text.replace("PQ-1", "PQ-2"), 3),
            (format!("{}AGE-SECRET-KEY-PQ-1\n", *text), 4),
            (String::new(), 1),
            (format!("{}#{}", *text, "x".repeat(LONGEST)), 1),
        ] {
            assert_eq!(Ring::parse(&bad).err(), Some(NotARing { line }), "{line}");
        }
    }
}
