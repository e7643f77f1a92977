//! The maker's rules: what a tip must keep to before it is sealed, each broken rule as a sentence.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use alloc::{format, vec};
use core::fmt;

use crate::bounds::{
    MAX_CITY, MAX_FILES, MAX_HANDLE, MAX_HANDLES, MAX_LANG, MAX_MEDIA_TYPE, MAX_NAME, MAX_RELATIVES,
    MAX_STORY_ESCAPED, MAX_TIP_JSON, YEARS, escaped_len,
};
use crate::codebook::{self, List};
use crate::tip::{Answer, FileEntry, Relative, Report, SCHEMA, Tip, When, Where};

/// One broken rule, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, as `report.relatives[2].kind`. Made of our own words only.
    pub field: String,
    /// What is wrong with it.
    pub trouble: Trouble,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.trouble)
    }
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// No incident, no words, no file.
    #[error("the tip is empty; tick what happened, write something or add a file")]
    Empty,
    /// Another form.
    #[error("is another form; it must be \"{SCHEMA}\"")]
    Schema,
    /// A code that the codebook doesn't list.
    #[error("`{code}` is no code of the list `{list}`; use one of that list")]
    UnknownCode {
        /// The code, made visible.
        code: String,
        /// The codebook's list.
        list: &'static str,
    },
    /// A code that was given up.
    #[error("`{code}` is no longer used in the list `{list}`; use the codes that replaced it")]
    RetiredCode {
        /// The code.
        code: String,
        /// The codebook's list.
        list: &'static str,
    },
    /// A code stands twice.
    #[error("`{code}` stands there twice; leave one")]
    Twice {
        /// The code, made visible.
        code: String,
    },
    /// Too many entries.
    #[error("has {got} entries; at most {max} fit")]
    TooMany {
        /// How many there are.
        got: usize,
        /// How many there may be.
        max: usize,
    },
    /// Too many characters.
    #[error("has {got} characters; at most {max} fit, shorten it")]
    TooLong {
        /// How many there are.
        got: usize,
        /// How many there may be.
        max: usize,
    },
    /// The story is too long.
    #[error(
        "needs {got} bytes; at most {MAX_STORY_ESCAPED} fit, shorten it or put the rest into a second message"
    )]
    StoryTooLong {
        /// Bytes once escaped.
        got: usize,
    },
    /// All together is too long.
    #[error(
        "the whole form needs {got} bytes; at most {MAX_TIP_JSON} fit, shorten the story or send fewer files"
    )]
    TipTooLong {
        /// Bytes of the JSON.
        got: usize,
    },
    /// Not of the shape that the field has.
    #[error("must be {0}")]
    Shape(&'static str),
    /// Two answers that exclude each other.
    #[error("`{code}` can't stand beside the others; leave it or them")]
    Alone {
        /// The code.
        code: String,
    },
    /// Something is missing that another answer needs.
    #[error("is missing; {0}")]
    Needed(&'static str),
    /// More than was meant to be told.
    #[error("must be empty; {0}")]
    Surplus(&'static str),
}

/// All broken rules of a tip; at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl Tip {
    /// Every rule this tip breaks; empty when it can be sealed.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        self.judged().1
    }

    /// The bytes of `tip.json`: compact, all keys in order.
    ///
    /// # Errors
    /// [`Problems`] when the tip breaks a rule: what a maker writes, every desk can read.
    pub fn to_json(&self) -> Result<Vec<u8>, Problems> {
        match self.judged() {
            (json, problems) if problems.is_empty() => Ok(json),
            (_, problems) => Err(Problems(problems)),
        }
    }

    fn judged(&self) -> (Vec<u8>, Vec<Problem>) {
        let mut found = Found::default();
        self.judge(&mut found);
        let json = serde_json::to_vec(self).unwrap_or_else(|_| {
            found.add("tip.json", Trouble::Shape("a form that can be written as JSON"));
            vec![]
        });
        if json.len() > MAX_TIP_JSON {
            found.add("tip.json", Trouble::TipTooLong { got: json.len() });
        }
        (json, found.0)
    }

    fn judge(&self, found: &mut Found) {
        let told = &self.report;
        let is_empty = told.incident.is_empty() && told.story.trim().is_empty() && self.files.is_empty();
        // A test tip tells nothing but that it is one.
        found.unless(!is_empty || self.canary.is_some(), "report", Trouble::Empty);
        found.unless(self.schema == SCHEMA, "schema", Trouble::Schema);
        found.unless(is_date(&self.epoch), "epoch", Trouble::Shape("the Monday of the week, as 2026-11-23"));
        self.report.judge(found);
        found.count("files", self.files.len(), MAX_FILES);
        for (at, file) in self.files.iter().enumerate() {
            file.judge(&format!("files[{at}]"), found);
        }
        if let Some(answer) = &self.answer {
            answer.judge(found);
        }
        for (field, token) in [("continues", &self.continues), ("canary", &self.canary)] {
            let fits = token.as_ref().is_none_or(|t| is_hex(t, 32));
            found.unless(fits, field, Trouble::Shape("32 lower-case hex digits"));
        }
    }
}

impl Report {
    fn judge(&self, found: &mut Found) {
        use codebook as c;
        for (field, lang) in [("report.lang", &self.lang), ("report.answer_lang", &self.answer_lang)] {
            let fits = lang.as_ref().is_none_or(|l| is_lang(l));
            found.unless(fits, field, Trouble::Shape("a language tag, as en, zh-Hant or ug"));
        }
        for (field, code, list) in [
            ("report.teller", &self.teller, &c::TELLER),
            ("report.frequency", &self.frequency, &c::FREQUENCY),
            ("report.urgency", &self.urgency, &c::URGENCY),
        ] {
            found.code(field, code.as_deref(), list);
        }
        for (field, codes, list) in [
            ("report.incident", &self.incident, &c::INCIDENT),
            ("report.channel", &self.channel, &c::CHANNEL),
            ("report.actor", &self.actor, &c::ACTOR),
            ("report.actor_basis", &self.actor_basis, &c::ACTOR_BASIS),
            ("report.demand", &self.demand, &c::DEMAND),
            ("report.effect", &self.effect, &c::EFFECT),
            ("report.community", &self.community, &c::COMMUNITY),
            ("report.role", &self.role, &c::ROLE),
            ("report.reported", &self.reported, &c::REPORTED),
            ("report.response", &self.response, &c::RESPONSE),
            ("report.consent", &self.consent, &c::CONSENT),
            ("report.request", &self.request, &c::REQUEST),
        ] {
            found.codes(field, codes, list);
        }
        if let Some(no) = self.reported.iter().find(|code| code.starts_with("no_")) {
            let alone = self.reported.len() == 1;
            found.unless(alone, "report.reported", Trouble::Alone { code: crate::visible::line(no) });
        }
        self.judge_words(found);
        self.judge_consent(found);
        if let Some(when) = &self.when {
            when.judge(found);
        }
        if let Some(place) = &self.place {
            place.judge(found);
        }
        found.count("report.relatives", self.relatives.len(), MAX_RELATIVES);
        for (at, relative) in self.relatives.iter().enumerate() {
            relative.judge(&format!("report.relatives[{at}]"), found);
        }
    }

    fn judge_words(&self, found: &mut Found) {
        found.count("report.actor_handles", self.actor_handles.len(), MAX_HANDLES);
        for (at, handle) in self.actor_handles.iter().enumerate() {
            let field = format!("report.actor_handles[{at}]");
            found.unless(
                !handle.trim().is_empty(),
                &field,
                Trouble::Shape("a number or account, not nothing"),
            );
            found.length(&field, handle, MAX_HANDLE);
        }
        let got = escaped_len(&self.story);
        found.unless(got <= MAX_STORY_ESCAPED, "report.story", Trouble::StoryTooLong { got });
    }

    fn judge_consent(&self, found: &mut Found) {
        let ticked = self.consent.iter().any(|code| code == "only_after");
        match self.only_after {
            Some(year) if ticked => {
                found.unless(YEARS.contains(&year), "report.only_after", Trouble::Shape("a year, as 2029"));
            }
            Some(_) => {
                found.add("report.only_after", Trouble::Surplus("it goes with the consent `only_after`"));
            }
            None if ticked => {
                found.add("report.only_after", Trouble::Needed("the consent `only_after` needs a year"));
            }
            None => {}
        }
    }
}

/// Which keys of a [`When`] belong to a precision: year, quarter, month, day. `Some(true)` must, `None` may.
type Keys = [Option<bool>; 4];

impl When {
    fn judge(&self, found: &mut Found) {
        found.code("report.when.precision", self.precision.as_deref(), &codebook::WHEN_PRECISION);
        let keys: Keys = match self.precision.as_deref() {
            Some("day") => [Some(true), Some(false), Some(true), Some(true)],
            Some("month") => [Some(true), Some(false), Some(true), Some(false)],
            Some("quarter") => [Some(true), Some(true), Some(false), Some(false)],
            Some("year") => [Some(true), Some(false), Some(false), Some(false)],
            Some("ongoing") => [None, None, None, Some(false)],
            _ => [Some(false); 4],
        };
        let said = [self.year.is_some(), self.quarter.is_some(), self.month.is_some(), self.day.is_some()];
        let names = ["report.when.year", "report.when.quarter", "report.when.month", "report.when.day"];
        for ((must, said), name) in keys.into_iter().zip(said).zip(names) {
            match (must, said) {
                (Some(true), false) => {
                    found.add(name, Trouble::Needed("the precision that was chosen needs it"))
                }
                (Some(false), true) => {
                    found.add(name, Trouble::Surplus("it tells more than the precision that was chosen"));
                }
                _ => {}
            }
        }
        self.judge_numbers(found);
    }

    fn judge_numbers(&self, found: &mut Found) {
        let year = self.year.is_none_or(|y| YEARS.contains(&y));
        found.unless(year, "report.when.year", Trouble::Shape("a year, as 2026"));
        let quarter = self.quarter.is_none_or(|q| (1..=4).contains(&q));
        found.unless(quarter, "report.when.quarter", Trouble::Shape("1 to 4"));
        let month = self.month.is_none_or(|m| (1..=12).contains(&m));
        found.unless(month, "report.when.month", Trouble::Shape("1 to 12"));
        let last = days_in(self.year.unwrap_or(2000), self.month.unwrap_or(1));
        let day = self.day.is_none_or(|d| (1..=last).contains(&d));
        found.unless(day, "report.when.day", Trouble::Shape("a day of that month"));
    }
}

impl Where {
    fn judge(&self, found: &mut Found) {
        found.code("report.where.country", self.country.as_deref(), &codebook::COUNTRY);
        match (self.region.as_deref(), codebook::regions(self.country.as_deref().unwrap_or_default())) {
            (Some(region), Some(list)) => found.code("report.where.region", Some(region), list),
            (Some(_), None) => found.add(
                "report.where.region",
                Trouble::Surplus("regions are asked for in China and Japan only, where the country says so"),
            ),
            (None, _) => {}
        }
        if let Some(city) = &self.city {
            found.length("report.where.city", city, MAX_CITY);
        }
    }
}

impl Relative {
    fn judge(&self, field: &str, found: &mut Found) {
        found.code(&format!("{field}.kind"), self.kind.as_deref(), &codebook::RELATIVE_KIND);
        let region = self.region.as_deref();
        if !region.is_some_and(|r| codebook::COUNTRY.knows(r)) {
            found.code(&format!("{field}.region"), region, &codebook::REGION_CN);
        }
        let field = format!("{field}.incident");
        found.codes(&field, &self.incident, &codebook::INCIDENT);
        for code in self.incident.iter().filter(|code| codebook::INCIDENT.knows(code)) {
            let theirs = codebook::relative_incidents().any(|e| e.code == code);
            found.unless(theirs, &field, Trouble::Shape("something that happens to relatives"));
        }
    }
}

impl FileEntry {
    fn judge(&self, field: &str, found: &mut Found) {
        let fits = is_media_type(&self.media_type);
        found.unless(fits, &format!("{field}.type"), Trouble::Shape("a media type, as image/jpeg"));
        found.unless(self.size > 0, &format!("{field}.size"), Trouble::Shape("at least one byte"));
        let form = [Self::CLEANED, Self::ORIGINAL].contains(&self.form.as_str());
        found.unless(form, &format!("{field}.form"), Trouble::Shape("\"cleaned\" or \"original\""));
        if let Some(name) = &self.name {
            let field = format!("{field}.name");
            found.length(&field, name, MAX_NAME);
            let plain =
                !name.is_empty() && !name.contains(['/', '\\']) && crate::visible::line(name) == *name;
            found.unless(plain, &field, Trouble::Shape("a plain name without a folder or hidden characters"));
        }
    }
}

impl Answer {
    fn judge(&self, found: &mut Found) {
        let data = self.recipient.strip_prefix("age1pq1").unwrap_or_default();
        let fits = self.recipient.len() == 1_959
            && data.bytes().all(|b| b"023456789acdefghjklmnpqrstuvwxyz".contains(&b));
        found.unless(fits, "answer.recipient", Trouble::Shape("a recipient age1pq1… of 1 959 characters"));
        let tag = is_hex(&self.tag_key, 64);
        found.unless(tag, "answer.tag_key", Trouble::Shape("64 lower-case hex digits"));
    }
}

/// Broken rules are counted up to here: a hostile form can break as many as it has bytes.
const MAX_PROBLEMS: usize = 1_000;

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, field: &str, trouble: Trouble) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push(Problem { field: field.to_string(), trouble });
        }
    }

    fn unless(&mut self, fits: bool, field: &str, trouble: Trouble) {
        if !fits {
            self.add(field, trouble);
        }
    }

    fn count(&mut self, field: &str, got: usize, max: usize) {
        self.unless(got <= max, field, Trouble::TooMany { got, max });
    }

    fn length(&mut self, field: &str, text: &str, max: usize) {
        let got = text.chars().count();
        self.unless(got <= max, field, Trouble::TooLong { got, max });
    }

    fn code(&mut self, field: &str, code: Option<&str>, list: &'static List) {
        let Some(code) = code.filter(|code| !list.knows(code)) else { return };
        let shown = crate::visible::line(code);
        let trouble = if list.retired.iter().any(|r| r.code == code) {
            Trouble::RetiredCode { code: shown, list: list.name }
        } else {
            Trouble::UnknownCode { code: shown, list: list.name }
        };
        self.add(field, trouble);
    }

    fn codes(&mut self, field: &str, codes: &[String], list: &'static List) {
        // A hostile list may be as long as the form allows: looking back over it all would be quadratic.
        let looked_at = list.entries.len().saturating_add(1);
        for (at, code) in codes.iter().enumerate() {
            self.code(field, Some(code), list);
            if codes.iter().take(at.min(looked_at)).any(|earlier| earlier == code) {
                self.add(field, Trouble::Twice { code: crate::visible::line(code) });
            }
        }
    }
}

fn is_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_lang(text: &str) -> bool {
    (2..=MAX_LANG).contains(&text.len())
        && text.split('-').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_media_type(text: &str) -> bool {
    let name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.len() <= MAX_MEDIA_TYPE && text.split_once('/').is_some_and(|(kind, sub)| name(kind) && name(sub))
}

/// Whether `text` is a day of the calendar, `YYYY-MM-DD`. Which weekday it is, is for who holds the keys to know.
fn is_date(text: &str) -> bool {
    let digits = |part: Option<&str>, len: usize| {
        part.filter(|p| p.len() == len && p.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|p| p.parse::<u16>().ok())
    };
    let mut parts = text.split('-');
    let (year, month, day) = (digits(parts.next(), 4), digits(parts.next(), 2), digits(parts.next(), 2));
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else { return false };
    let Ok(month) = u8::try_from(month) else { return false };
    (1..=12).contains(&month) && (1..=u16::from(days_in(year, month))).contains(&day)
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}
