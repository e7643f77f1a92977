//! A tip as a page of plain English: the `tip.txt` beside its `tip.json`.
//!
//! Headings begin at the left edge in capitals; whatever a source wrote stands in a line that we began and that no
//! terminal breaks, so that nobody can write a heading of ours. What goes on from the line above has a mark of ours: `…`
//! beside a label, `:` instead of `|` in prose. Hidden characters are shown by number ([`visible`]).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::check::Trouble;
use crate::codebook::{self, List};
use crate::read::{Leftover, Read};
use crate::tip::{FileEntry, Relative, Report, Tip, When, Where};
use crate::visible;

/// The page of `read`. `facts` are lines of the caller's at its top, as `("Tip", "3f…")`.
#[must_use]
pub fn text(read: &Read, facts: &[(&str, &str)]) -> String {
    let mut page = Page(only(facts));
    if read.structured {
        page.tip(&read.tip);
    }
    page.problems(read);
    page.leftovers(&read.leftovers);
    page.0
}

/// The page of a tip that has no `tip.json`: the caller's lines alone.
#[must_use]
pub fn only(facts: &[(&str, &str)]) -> String {
    let mut page = Page(String::from("A TIP\n"));
    for (label, value) in facts {
        page.line(label, value);
    }
    page.0
}

/// The most entries of one list that are written out: a form of 64 KB can hold lists that would fill a disk as text (T-10).
const MOST_SHOWN: usize = 500;
/// Letters of a recipient that tell it from any other.
const RECIPIENT_SHOWN: usize = 30;
/// Columns of a label with the spaces around it.
const LABEL: usize = 25;
/// Digits of a SHA-256.
const DIGEST: usize = 64;
/// Columns of `  | `.
const BAR: usize = 4;

struct Page(String);

impl Page {
    fn heading(&mut self, heading: &str) {
        self.0.push('\n');
        self.0.push_str(heading);
        self.0.push('\n');
    }

    /// One labelled line; the value is hostile.
    fn line(&mut self, label: &str, value: &str) {
        let (mut label, value) = (label, visible::line(value));
        // A digest stays in one piece, to be copied: its last digits at the left edge are no heading.
        let digest = value.len() == DIGEST && value.bytes().all(|b| b.is_ascii_hexdigit());
        let columns = if digest { DIGEST } else { visible::COLUMNS.saturating_sub(LABEL) };
        for piece in visible::folded(&value, columns) {
            self.0.push_str(&format!("  {label:<22} {piece}\n"));
            label = "…";
        }
    }

    /// Text of several lines, hostile, each behind our bar.
    fn prose(&mut self, text: &str) {
        for line in text.split('\n') {
            let mut bar = '|';
            for piece in visible::folded(line, visible::COLUMNS.saturating_sub(BAR)) {
                self.0.push_str(&format!("  {bar} {piece}\n"));
                bar = ':';
            }
        }
    }

    /// Says how many entries of a list are not written out.
    fn more(&mut self, entries: usize) {
        if let Some(more) = more(entries) {
            self.line("", &more);
        }
    }

    fn maybe(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.line(label, value);
        }
    }

    fn codes<'a>(&mut self, label: &str, codes: impl IntoIterator<Item = &'a String>, list: &List) {
        let mut codes = codes.into_iter();
        for (at, code) in codes.by_ref().take(MOST_SHOWN).enumerate() {
            self.line(if at == 0 { label } else { "" }, &labelled(code, list));
        }
        self.more(codes.count().saturating_add(MOST_SHOWN));
    }

    fn tip(&mut self, tip: &Tip) {
        self.line("Form", &tip.schema);
        self.line("Sealed for the week of", &tip.epoch);
        self.maybe("Visit", tip.continues.as_deref());
        self.maybe("Canary", tip.canary.as_deref());
        self.report(&tip.report);
        self.story(&tip.report);
        self.files(&tip.files);
        self.heading("ANSWER");
        match &tip.answer {
            None => self.line("Wanted", "no"),
            Some(answer) => {
                self.line("Wanted", "yes: the source has a receipt");
                self.line("Sealed to", &beginning(&answer.recipient));
                self.line("Tag key", &answer.tag_key);
            }
        }
    }

    fn report(&mut self, r: &Report) {
        use codebook as c;
        self.heading("WHAT HAPPENED");
        self.codes("Urgency", &r.urgency, &c::URGENCY);
        self.codes("Told by", &r.teller, &c::TELLER);
        self.codes("What", &r.incident, &c::INCIDENT);
        self.codes("How", &r.channel, &c::CHANNEL);
        self.codes("How often", &r.frequency, &c::FREQUENCY);
        self.maybe("When", r.when.as_ref().map(when).as_deref());
        self.maybe("Where", r.place.as_ref().map(place).as_deref());
        self.codes("Who did it", &r.actor, &c::ACTOR);
        self.codes("How they know", &r.actor_basis, &c::ACTOR_BASIS);
        for handle in r.actor_handles.iter().take(MOST_SHOWN) {
            self.line("Their number, account", handle);
        }
        self.more(r.actor_handles.len());
        self.codes("Demanded", &r.demand, &c::DEMAND);
        self.codes("Effect", &r.effect, &c::EFFECT);
        self.codes("Community", &r.community, &c::COMMUNITY);
        self.codes("Role", &r.role, &c::ROLE);
        for row in r.relatives.iter().take(MOST_SHOWN) {
            self.line("Relatives", &relative(row));
        }
        self.more(r.relatives.len());
        self.codes("Reported to", &r.reported, &c::REPORTED);
        self.codes("Response", &r.response, &c::RESPONSE);
        self.heading("WHAT WE MAY DO WITH IT");
        if r.consent.is_empty() {
            self.line("Consent", "read only: nothing leaves the desk, it is not counted outside");
        }
        self.codes("Consent", &r.consent, &c::CONSENT);
        self.maybe("Nothing before the year", r.only_after.map(|y| y.to_string()).as_deref());
        self.codes("Asks us to", &r.request, &c::REQUEST);
        self.maybe("Written in", r.lang.as_deref());
        self.maybe("Answer wished in", r.answer_lang.as_deref());
    }

    fn story(&mut self, r: &Report) {
        self.heading("STORY");
        if r.story.is_empty() {
            self.line("", "none");
        } else {
            self.prose(&visible::prose(&r.story));
        }
    }

    /// What the tip says of its files; a desk says itself what it really found.
    fn files(&mut self, files: &[FileEntry]) {
        self.heading("FILES, AS THE TIP DESCRIBES THEM");
        if files.is_empty() {
            self.line("", "none");
        }
        for (at, file) in files.iter().take(MOST_SHOWN).enumerate() {
            let name = file.name.as_ref().map(|n| format!(", named {n}")).unwrap_or_default();
            let form = match file.form.as_str() {
                FileEntry::CLEANED => "cleaned: hidden data removed",
                FileEntry::ORIGINAL => "original: may hold hidden data about the source",
                other => other,
            };
            let label = format!("files/{:03}", at.saturating_add(1));
            self.line(&label, &format!("{}, {} bytes, {form}{name}", file.media_type, file.size));
        }
        self.more(files.len());
    }

    /// Rules that were broken; unknown codes are marked where they stand.
    fn problems(&mut self, read: &Read) {
        let known = |t: &Trouble| matches!(t, Trouble::UnknownCode { .. } | Trouble::RetiredCode { .. });
        let others: Vec<_> = read.problems.iter().filter(|p| !known(&p.trouble)).collect();
        if others.is_empty() {
            return;
        }
        self.heading("WHERE IT DOES NOT KEEP TO THE FORM (a page of ours would not have sent this)");
        for problem in others {
            // Made visible when it was found.
            self.note(&problem.to_string());
        }
    }

    fn leftovers(&mut self, leftovers: &[Leftover]) {
        if leftovers.is_empty() {
            return;
        }
        self.heading("NOT UNDERSTOOD, KEPT AS IT WAS WRITTEN");
        for leftover in leftovers {
            // Both were made visible when they were read; a second time would show our marks by number.
            self.note(&format!("{}: {}", leftover.path, leftover.why));
            self.prose(&leftover.raw);
        }
    }

    /// A line without a label, visible already.
    fn note(&mut self, note: &str) {
        let mut start = "  ";
        for piece in visible::folded(note, visible::COLUMNS.saturating_sub(BAR)) {
            self.0.push_str(&format!("{start}{piece}\n"));
            start = "  … ";
        }
    }
}

/// What is said of a list of `entries` that is not written out whole.
fn more(entries: usize) -> Option<String> {
    let more = entries.checked_sub(MOST_SHOWN).filter(|more| *more > 0)?;
    Some(format!("… and {more} more: they stand in tip.json"))
}

/// Enough to see that two tips carry the same receipt: all of a recipient would be a wall of 36 lines.
fn beginning(recipient: &str) -> String {
    let shown: String = recipient.chars().take(RECIPIENT_SHOWN).collect();
    if shown == recipient { shown } else { format!("{shown}… (whole in tip.json)") }
}

fn labelled(code: &str, list: &List) -> String {
    match list.entry(code) {
        Some(entry) => format!("{} [{code}]", entry.en),
        None => format!("not in our codebook [{code}]"),
    }
}

fn when(when: &When) -> String {
    let mut said = Vec::new();
    if let Some(year) = when.year {
        said.push(year.to_string());
    }
    if let Some(quarter) = when.quarter {
        said.push(format!("quarter {quarter}"));
    }
    if let Some(month) = when.month {
        said.push(format!("month {month}"));
    }
    if let Some(day) = when.day {
        said.push(format!("day {day}"));
    }
    if let Some(precision) = &when.precision {
        said.push(format!("({})", labelled(precision, &codebook::WHEN_PRECISION)));
    }
    said.join(" ")
}

fn place(place: &Where) -> String {
    let country = place.country.as_ref().map(|c| labelled(c, &codebook::COUNTRY));
    let list =
        codebook::regions(place.country.as_deref().unwrap_or_default()).unwrap_or(&codebook::REGION_CN);
    let region = place.region.as_ref().map(|r| labelled(r, list));
    let said: Vec<String> = [country, region, place.city.clone()].into_iter().flatten().collect();
    said.join(", ")
}

fn relative(relative: &Relative) -> String {
    let region = relative.region.as_ref().map(|r| {
        let country = codebook::COUNTRY.knows(r);
        labelled(r, if country { &codebook::COUNTRY } else { &codebook::REGION_CN })
    });
    let kind = relative.kind.as_ref().map(|k| labelled(k, &codebook::RELATIVE_KIND));
    let incidents = relative.incident.iter().take(MOST_SHOWN).map(|i| labelled(i, &codebook::INCIDENT));
    let more = more(relative.incident.len());
    let said: Vec<String> = kind.into_iter().chain(region).chain(incidents).chain(more).collect();
    said.join(", ")
}
