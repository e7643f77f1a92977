//! Reads a body of known length that may not be slow: a minimum rate, which with the length bounds the whole time.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Body;
use tipline_wire::answer::Say;
use tokio::time::sleep;

use crate::limits::Limits;

/// Reads exactly `len` bytes.
///
/// # Errors
/// [`Say::TooSlow`] when the body falls behind its rate, [`Say::WrongLength`] when it ends early or does not end.
pub async fn read<B: Body + Unpin>(mut body: B, len: usize, limits: &Limits) -> Result<Vec<u8>, Say> {
    let mut bytes = Vec::with_capacity(len);
    let mut due = std::pin::pin!(sleep(limits.body_grace));
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = &mut due => return Err(Say::TooSlow),
        };
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| Say::WrongLength)?.into_data() else { continue };
        let came = append(&mut bytes, data, len)?;
        // Every byte earns its share of time; silence earns none.
        let earned = Duration::from_secs_f64(came / rate(limits));
        let later = due.deadline().checked_add(earned).unwrap_or(due.deadline());
        due.as_mut().reset(later);
    }
    if bytes.len() == len { Ok(bytes) } else { Err(Say::WrongLength) }
}

/// Appends a piece; answers its length.
fn append(bytes: &mut Vec<u8>, mut data: impl hyper::body::Buf, len: usize) -> Result<f64, Say> {
    let piece = data.remaining();
    if piece > len.saturating_sub(bytes.len()) {
        return Err(Say::WrongLength);
    }
    let came = u32::try_from(piece).map_err(|_| Say::WrongLength)?;
    let whole = data.copy_to_bytes(piece);
    bytes.extend_from_slice(&whole);
    Ok(f64::from(came))
}

fn rate(limits: &Limits) -> f64 {
    f64::from(u32::try_from(limits.body_rate).unwrap_or(u32::MAX)).max(1.0)
}
