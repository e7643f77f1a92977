//! The report, from a file or from another program: read within bounds, held to the form, wiped afterwards.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

use tipline_core::documents::Line;
use tipline_envelope::{Receipt, SealError};
use tipline_report::codebook::{self, List};
use tipline_report::tip::NotOurs;
use tipline_report::{Answer, FileEntry, Problem, Problems, Report, Tip, Trouble, When, Where, bounds};
use tipline_wire::date::Date;
use zeroize::Zeroizing;

use crate::order::Source;

/// The longest report that is read: indented and escaped it may be several times what is sealed.
const LONGEST: u64 = 1_000_000;
/// More codes than this are not named in a line.
const MOST_NAMED: usize = 16;
/// What some editors put before the text.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Why a report is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It cannot be read.
    #[error("{0}. Check the name of the file")]
    Unreadable(#[from] io::Error),
    /// Longer than any report.
    #[error(
        "it is too long: a message holds {} bytes of text. Shorten it, or send the rest in a second message",
        bounds::MAX_TIP_JSON
    )]
    TooLong,
    /// Not the form.
    #[error("{0}. tipline-seal --template writes a report to fill in")]
    NotOurs(#[from] NotOurs),
    /// Says of files what only this command can know.
    #[error(
        "its \"files\" must be left out: name files with --file or --original, and this command fills it in"
    )]
    Files,
    /// Says where an answer goes.
    #[error("its \"answer\" must be left out: it follows from a receipt, see --receipt")]
    Answer,
    /// Made for another week.
    #[error(
        "its \"epoch\" is {0}, but today's keys are those of {1}. Leave it out: this command fills it in"
    )]
    Epoch(String, Date),
    /// Breaks rules.
    #[error("{}. tipline-seal --codes lists every code", one_line(.0))]
    Problems(#[from] Problems),
}

/// Reads a report; without a source it is empty, for files alone.
///
/// # Errors
/// See [`ReportError`].
pub fn read(source: Option<&Source>, stdin: &mut dyn Read) -> Result<Tip, ReportError> {
    let bytes = match source {
        None => return Ok(Tip::default()),
        // A person is asked elsewhere.
        Some(Source::Person | Source::PersonIfThere) => return Ok(Tip::default()),
        Some(Source::Stdin) => read_all(stdin)?,
        Some(Source::File(path)) => read_all(&mut File::open(path)?)?,
    };
    let tip = Tip::from_json(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes))?;
    match (tip.files.is_empty(), &tip.answer) {
        (true, None) => Ok(tip),
        (false, _) => Err(ReportError::Files),
        (true, Some(_)) => Err(ReportError::Answer),
    }
}

/// The bytes of `tip.json` for this week, with what is known of the files.
///
/// # Errors
/// [`ReportError::Epoch`] or [`ReportError::Problems`].
pub fn finish(mut tip: Tip, epoch: Date, files: Vec<FileEntry>) -> Result<Zeroizing<Vec<u8>>, ReportError> {
    let week = epoch.to_string();
    if !tip.epoch.is_empty() && tip.epoch != week {
        return Err(ReportError::Epoch(tipline_report::visible::line(&tip.epoch), epoch));
    }
    tip.epoch = week;
    tip.files = files;
    // What the template offers and nobody filled in says nothing.
    tip.report.when = tip.report.when.filter(|when| *when != When::default());
    tip.report.place = tip.report.place.filter(|place| *place != Where::default());
    let json = Zeroizing::new(tip.to_json()?);
    crate::ask::wipe(tip.report);
    Ok(json)
}

/// Where an answer goes that this receipt opens.
///
/// # Errors
/// Never: see [`Receipt::reply`].
pub fn answer(receipt: &Receipt, line: &Line) -> Result<Answer, SealError> {
    let reply = receipt.reply(&line.root).ok_or(SealError::Randomness)?;
    let tag_key = reply.tag_key.to_hex().to_string();
    Ok(Answer { recipient: reply.identity.recipient().to_string(), tag_key })
}

/// An empty report to fill in, indented: only what a person tells.
#[must_use]
pub fn template() -> String {
    let report = Report { when: Some(When::default()), place: Some(Where::default()), ..Report::default() };
    // A struct would need a derive for one key; a map of one key keeps the order of what is inside.
    let whole = BTreeMap::from([("report", report)]);
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text + "\n"
}

/// At most [`LONGEST`] bytes, in a buffer that never moves and is wiped.
fn read_all(from: &mut dyn Read) -> Result<Zeroizing<Vec<u8>>, ReportError> {
    let room = usize::try_from(LONGEST).unwrap_or(usize::MAX).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let len = from.take(LONGEST.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(len).is_ok_and(|len| len <= LONGEST) { Ok(bytes) } else { Err(ReportError::TooLong) }
}

/// All broken rules on one line, so that they can be mended at once.
fn one_line(problems: &Problems) -> String {
    let with_allowed = |problem: &Problem| match allowed(&problem.trouble) {
        codes if codes.is_empty() || codes.len() > MOST_NAMED => problem.to_string(),
        codes => format!("{problem} ({})", codes.join(", ")),
    };
    problems.0.iter().map(with_allowed).collect::<Vec<_>>().join("; also ")
}

/// The codes that could stand in place of one that can't.
#[must_use]
pub fn allowed(trouble: &Trouble) -> Vec<&'static str> {
    let list = match trouble {
        Trouble::UnknownCode { list, .. } | Trouble::RetiredCode { list, .. } => codebook::list(list),
        _ => None,
    };
    list.map(|list| list.entries.iter().map(|entry| entry.code).collect()).unwrap_or_default()
}

/// The whole codebook for a program: each list's codes with their English meaning.
#[must_use]
pub fn codes() -> serde_json::Value {
    let lists = codebook::LISTS.iter().copied().chain([&codebook::COUNTRY]);
    let of =
        |list: &List| list.entries.iter().map(|entry| (entry.code, entry.en)).collect::<BTreeMap<_, _>>();
    serde_json::json!(lists.map(|list| (list.name, of(list))).collect::<BTreeMap<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(json: &[u8]) -> Result<Tip, ReportError> {
        read(Some(&Source::Stdin), &mut &*json)
    }

    fn monday() -> Date {
        Date::parse("2026-11-23").unwrap()
    }

    #[test]
    fn the_template_comes_back_as_an_empty_report_that_cannot_be_sent() {
        let tip = from(template().as_bytes()).unwrap();
        assert!(matches!(finish(tip, monday(), Vec::new()), Err(ReportError::Problems(_))));
        let filled = template().replace("\"incident\": []", "\"incident\": [\"other\"]");
        let json = finish(from(filled.as_bytes()).unwrap(), monday(), Vec::new()).unwrap();
        let json = std::str::from_utf8(&json).unwrap();
        assert!(
            json.starts_with(
                "{\"schema\":\"tip-report/1\",\"epoch\":\"2026-11-23\",\"report\":{\"lang\":null"
            )
        );
        assert!(json.contains("\"when\":null,\"where\":null"));
    }

    #[test]
    fn a_byte_order_mark_is_no_error() {
        assert!(from(b"\xef\xbb\xbf{\"report\":{\"story\":\"x\"}}").is_ok());
    }

    #[test]
    fn bad_reports_are_refused_with_the_reason() {
        for (bad, says) in [
            (&b"they came"[..], "expected"),
            (b"", "EOF"),
            (b"\xff\xfe{\0", "expected"),
            (br#"{"report":{"stroy":"x"}}"#, "stroy"),
            (br#"{"story":"x"}"#, "story"),
            (br#"{"files":[{"type":"image/jpeg","size":1,"form":"cleaned","name":null}]}"#, "--file"),
            (&[b' '; 1_000_001], "too long"),
        ] {
            let error = from(bad).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let other_week = from(br#"{"epoch":"2026-11-16","report":{"story":"x"}}"#).unwrap();
        assert!(matches!(finish(other_week, monday(), Vec::new()), Err(ReportError::Epoch(..))));
        let bad = from(br#"{"report":{"incident":["nonsense"],"urgency":"nonsense"}}"#).unwrap();
        let error = finish(bad, monday(), Vec::new()).unwrap_err().to_string();
        assert!(error.matches("nonsense").count() == 2 && !error.contains('\n'), "{error}");
    }
}
