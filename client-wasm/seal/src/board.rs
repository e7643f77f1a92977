//! What the board's head tells everybody before they write: how far the organisation has read, and when an answer can be
//! there. It is read as the page reads it; one that names other keys than the page stops everything (T-02).

use tipline_core::documents::Line;
use tipline_core::notice::{NoNotice, Notice, Reading};
use tipline_wire::date::Date;
use tipline_wire::site::Site;
use tipline_wire::sshsig::LONGEST_ARMOR;

/// After so many days without any notice a line is no longer new.
const NEW_FOR: i32 = 15;
/// Days between two readings, of an organisation that does not say so.
pub const USUAL_RHYTHM: i32 = 7;

/// Reads a board as it came, with its signature, beside documents that were checked.
///
/// # Errors
/// See [`NoNotice`].
pub fn read(body: &[u8], line: &Line, today: Date) -> Result<Notice, NoNotice> {
    let tail = body.get(body.len().saturating_sub(LONGEST_ARMOR)..).unwrap_or_default();
    let mut reading = Reading::new(tail, body.len()).ok_or(NoNotice::Strange)?;
    reading.feed(body);
    reading.finish(line, today)
}

/// Whether perhaps nobody reads any more.
#[must_use]
pub fn is_neglected(notice: &Notice, line: &Line) -> bool {
    let site = line.site.as_deref().and_then(|text| Site::parse(text).ok());
    notice.is_neglected(site.map(|site| site.rhythm_days))
}

/// When what is sent today is to be opened, and when an answer can be there; `None` when nobody can tell. As on the page.
#[must_use]
pub fn expected(notice: &Notice, line: &Line, today: Date) -> Option<(Date, Date)> {
    if notice.age.is_none() || is_neglected(notice, line) {
        return None;
    }
    let site = line.site.as_deref().and_then(|text| Site::parse(text).ok());
    let rhythm = rhythm(notice, site.map(|site| site.rhythm_days));
    let mut reading = notice.next;
    while reading <= today {
        reading = reading.plus_days(rhythm);
    }
    Some((reading, reading.plus_days(rhythm)))
}

/// Days between two readings, as the organisation says it, or as the board shows it.
#[must_use]
pub fn rhythm(notice: &Notice, said: Option<u16>) -> i32 {
    let shown = notice.next.days().saturating_sub(notice.issued.days());
    said.map_or(USUAL_RHYTHM.max(shown), i32::from).max(1)
}

/// Whether a line is still so new that it need not have a board; the page draws the same line (`board.js`).
#[must_use]
pub fn is_new(line: &Line, today: Date) -> bool {
    let site = line.site.as_deref().and_then(|text| Site::parse(text).ok());
    let rhythm = site.map_or(USUAL_RHYTHM, |site| i32::from(site.rhythm_days));
    today <= line.since.plus_days(NEW_FOR.max(rhythm.saturating_mul(2)))
}

/// What a person is told; that there is no board is told as well.
#[must_use]
pub fn sentence(notice: Option<&Notice>, line: &Line, today: Date) -> String {
    const NONE: &str = "This letterbox has no notice yet that says how far the messages have been read";
    let Some(notice) = notice else {
        return if is_new(line, today) {
            format!("{NONE}. That is so while a line is new.")
        } else {
            format!("{NONE}, although it has had keys since {}. What you send may not be read.", line.since)
        };
    };
    let Notice { opened, next, age, old, .. } = notice;
    match age {
        None => "The newest notice of this letterbox is from a day that has not come yet on this computer. Look whether its date \
                 is right; as long as it is not, nobody can say how far the messages have been read."
            .to_owned(),
        Some(_) if is_neglected(notice, line) => format!(
            "Nobody has opened this line since {opened}. What you send may not be read: if you can, reach the organisation by \
             another way."
        ),
        Some(age) => {
            let old = if *old { format!(" This notice is {age} days old; there should be a newer one.") } else { String::new() };
            format!("What arrived before {opened} has been opened. The next answers come on {next}.{old}")
        }
    }
}

/// Why nothing may be sealed, and what to do.
#[must_use]
pub fn refusal(fault: NoNotice) -> String {
    let advice = match fault {
        NoNotice::Strange => "Try again; if that does not help, tell the organisation by another way",
        NoNotice::Forged => "Do not send anything; tell the organisation by another way",
        NoNotice::AnotherIntake => {
            "Somebody may be holding back the newest keys. Try again in an hour; if that does not help, do not send \
             anything, and tell the organisation by another way"
        }
    };
    format!("{fault}. {advice}")
}
