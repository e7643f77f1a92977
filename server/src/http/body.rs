//! Reads a body of known length that may not be slow: a minimum rate, which with the length bounds the whole time.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes};
use tipline_wire::answer::Say;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::limits::Limits;

/// So often it is looked whether a body keeps up.
const TICK: Duration = Duration::from_millis(250);
/// A body that came faster than it had to may rest this many times the grace, and no longer.
const SAVED: u32 = 2;

/// Reads exactly `len` bytes.
///
/// # Errors
/// [`Say::TooSlow`] when the body falls behind its rate, [`Say::WrongLength`] when it ends early or does not end.
pub async fn read<B>(body: B, len: usize, limits: &Limits) -> Result<Vec<u8>, Say>
where
    B: Body<Data = Bytes> + Unpin,
{
    Reader::new(body, u64::try_from(len).unwrap_or(u64::MAX), limits, || 1).whole().await
}

/// A body, piece by piece.
#[derive(Debug)]
pub struct Reader<B, H> {
    body: B,
    left: u64,
    patience: Patience,
    ticks: Interval,
    haste: H,
}

impl<B, H> Reader<B, H>
where
    B: Body<Data = Bytes> + Unpin,
    H: Fn() -> u32,
{
    /// A body of `len` bytes. Its patience runs out `haste` times as fast, asked anew all the time: 1 when there is none.
    pub fn new(body: B, len: u64, limits: &Limits, haste: H) -> Self {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { body, left: len, patience: Patience::of(limits), ticks, haste }
    }

    /// The next piece; `None` after the last one.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Say> {
        loop {
            let frame = tokio::select! {
                frame = self.body.frame() => frame,
                _ = self.ticks.tick() => {
                    self.patience.wait(TICK.saturating_mul((self.haste)()))?;
                    continue;
                }
            };
            let Some(frame) = frame else {
                return if self.left == 0 { Ok(None) } else { Err(Say::WrongLength) };
            };
            let Ok(piece) = frame.map_err(|_| Say::WrongLength)?.into_data() else { continue };
            let came = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.left = self.left.checked_sub(came).ok_or(Say::WrongLength)?;
            self.patience.earn(piece.len());
            return Ok(Some(piece));
        }
    }

    /// All that is left.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn whole(mut self) -> Result<Vec<u8>, Say> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.left).map_err(|_| Say::TooLong)?);
        while let Some(piece) = self.piece().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Reads what is left and throws it away: who sends a long body reads an answer only after its end.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn drain(&mut self) -> Result<(), Say> {
        while self.piece().await?.is_some() {}
        Ok(())
    }
}

/// How long a body may still be silent. Every byte earns its share of time; silence earns none.
#[derive(Debug)]
struct Patience {
    left: Duration,
    most: Duration,
    /// Bytes a second.
    rate: f64,
}

impl Patience {
    fn of(limits: &Limits) -> Self {
        let rate = f64::from(u32::try_from(limits.body_rate).unwrap_or(u32::MAX)).max(1.0);
        Self { left: limits.body_grace, most: limits.body_grace.saturating_mul(SAVED), rate }
    }

    fn earn(&mut self, bytes: usize) {
        let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        let earned = Duration::from_secs_f64(bytes / self.rate);
        self.left = self.left.saturating_add(earned).min(self.most);
    }

    fn wait(&mut self, time: Duration) -> Result<(), Say> {
        self.left = self.left.checked_sub(time).ok_or(Say::TooSlow)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience() -> Patience {
        Patience::of(&Limits { body_grace: Duration::from_secs(30), body_rate: 1_024, ..Limits::default() })
    }

    #[test]
    fn silence_is_forgiven_for_the_grace_and_bytes_earn_more() {
        let mut one = patience();
        assert_eq!(one.wait(Duration::from_secs(30)), Ok(()));
        assert_eq!(one.wait(Duration::from_millis(1)), Err(Say::TooSlow));
        one.earn(2_048);
        assert_eq!(one.wait(Duration::from_secs(2)), Ok(()));
        assert_eq!(one.wait(Duration::from_millis(1)), Err(Say::TooSlow));
    }

    #[test]
    fn what_came_fast_buys_no_long_silence() {
        let mut one = patience();
        one.earn(1 << 20);
        assert_eq!(one.wait(Duration::from_secs(60)), Ok(()));
        assert_eq!(one.wait(Duration::from_millis(1)), Err(Say::TooSlow));
    }
}
