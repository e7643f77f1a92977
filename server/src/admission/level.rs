//! How full the disk is taken to be: looked at once an hour and blurred by up to a tenth, drawn anew each time.
//!
//! Who fills the disk up to a limit could otherwise watch there for what others send. Uploads stop up to a tenth early,
//! and those that rest are dropped up to a tenth late, so neither happens on the wrong side of its limit.

use std::time::Duration;

use super::Rules;

/// An upload rests this long at most, from its last part or the server's start.
pub const LONGEST_REST: Duration = Duration::from_secs(72 * 3_600);
/// However full the disk is, an upload may rest this long: a broken circuit is built anew in less.
pub const SHORTEST_REST: Duration = Duration::from_secs(120);
/// Percentage points of blur, less one.
const BLUR: u8 = 9;

/// How full the disk was at the last look.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// Percent, and up to nine more; for what stops above a limit.
    above: u8,
    /// Percent, and up to nine less; for what happens above a limit.
    below: u8,
}

impl Level {
    /// Nothing is known yet: nothing large begins, nothing is dropped.
    #[must_use]
    pub fn unknown() -> Self {
        Self { above: u8::MAX, below: 0 }
    }

    /// Of a disk that is so many percent full; every `draw` is equally likely.
    #[must_use]
    pub fn new(fullness: u8, draw: u32) -> Self {
        let blur = u64::from(draw).saturating_mul(u64::from(BLUR).saturating_add(1)) >> u32::BITS;
        let above = fullness.saturating_add(u8::try_from(blur).unwrap_or(BLUR));
        Self { above, below: above.saturating_sub(BLUR) }
    }

    /// Whether an upload may begin.
    #[must_use]
    pub fn lets_begin(&self, rules: &Rules) -> bool {
        self.above < rules.large_stop_percent
    }

    /// How long an upload may rest: with each percent above the limit half as long, so that the longest rest ends first.
    #[must_use]
    pub fn patience(&self, rules: &Rules) -> Duration {
        let above = match self.below.checked_sub(rules.large_stop_percent) {
            Some(above) => u32::from(above).saturating_add(1),
            None => return LONGEST_REST,
        };
        LONGEST_REST
            .checked_div(1_u32.checked_shl(above).unwrap_or(u32::MAX))
            .map_or(SHORTEST_REST, |rest| rest.max(SHORTEST_REST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: [u32; 4] = [0, 1 << 31, 3 << 30, u32::MAX];

    #[test]
    fn uploads_begin_below_the_limit_only_and_a_tenth_below_it_always() {
        let rules = Rules::default();
        for draw in DRAWS {
            assert!((0..=70).all(|full| Level::new(full, draw).lets_begin(&rules)));
            assert!((80..=100).all(|full| !Level::new(full, draw).lets_begin(&rules)));
        }
        assert!(Level::new(75, 0).lets_begin(&rules) && !Level::new(75, 1 << 31).lets_begin(&rules));
        assert!(!Level::unknown().lets_begin(&rules));
    }

    #[test]
    fn nothing_is_dropped_below_the_limit_and_more_the_fuller_it_is() {
        let rules = Rules::default();
        assert_eq!(Level::unknown().patience(&rules), LONGEST_REST);
        for draw in DRAWS {
            assert!((0..80).all(|full| Level::new(full, draw).patience(&rules) == LONGEST_REST));
            let rests: Vec<_> = (80..=100).map(|full| Level::new(full, draw).patience(&rules)).collect();
            assert!(rests.is_sorted_by(|a, b| a >= b));
        }
        let rest = |full| Level::new(full, u32::MAX).patience(&rules).as_secs();
        assert_eq!((rest(80), rest(81), rest(84), rest(90)), (36 * 3_600, 18 * 3_600, 8_100, 126));
        assert_eq!(rest(100), 120);
    }
}
