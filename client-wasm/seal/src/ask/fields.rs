//! The form, question by question, in the page's order: what can be ticked, how exactly, and what may be done with it.

use tipline_report::bounds::{MAX_CITY, MAX_HANDLE, MAX_HANDLES, MAX_RELATIVES};
use tipline_report::codebook::{self, Entry, List};
use tipline_report::{Relative, Report, When, Where};

use super::asking::{Asking, Choice, Heard, Stop};
use super::notes::plain;

/// From here on a code can point to the person it happened to.
const DANGER: u8 = 2;
/// Years back, and years ahead, that can be chosen.
const YEARS: u16 = 30;
/// What the page asks once only.
const ONE_OF: [&str; 3] = ["teller", "frequency", "urgency"];
/// Shows what is left out of a list at first.
const MORE: &str = "+";

/// Lists with their warnings, as the page has them.
fn warnings(list: &str) -> &'static [&'static str] {
    match list {
        "urgency" => &["warn-urgency"],
        "community" | "role" => &["warn-community"],
        "reported" => &["warn-reported"],
        _ => &[],
    }
}

/// The title's message of each list.
pub(super) fn title(list: &str) -> &'static str {
    match list {
        "teller" => "field-teller",
        "urgency" => "field-urgency",
        "channel" => "field-channel",
        "actor" => "field-actor",
        "actor_basis" => "field-actor_basis",
        "frequency" => "field-frequency",
        "demand" => "field-demand",
        "effect" => "field-effect",
        "community" => "field-community",
        "role" => "field-role",
        "reported" => "field-reported",
        "response" => "field-response",
        _ => "field-incident",
    }
}

/// What the report says under the name of a list.
fn told<'r>(report: &'r Report, list: &str) -> Vec<&'r str> {
    let many = |codes: &'r Vec<String>| codes.iter().map(String::as_str).collect();
    let one = |code: &'r Option<String>| code.as_deref().into_iter().collect();
    match list {
        "incident" => many(&report.incident),
        "channel" => many(&report.channel),
        "actor" => many(&report.actor),
        "actor_basis" => many(&report.actor_basis),
        "demand" => many(&report.demand),
        "effect" => many(&report.effect),
        "community" => many(&report.community),
        "role" => many(&report.role),
        "reported" => many(&report.reported),
        "response" => many(&report.response),
        "teller" => one(&report.teller),
        "frequency" => one(&report.frequency),
        "urgency" => one(&report.urgency),
        _ => Vec::new(),
    }
}

fn tell(report: &mut Report, list: &str, codes: Vec<&'static str>) {
    let mut codes = codes.into_iter().map(str::to_owned);
    match list {
        "incident" => report.incident = codes.collect(),
        "channel" => report.channel = codes.collect(),
        "actor" => report.actor = codes.collect(),
        "actor_basis" => report.actor_basis = codes.collect(),
        "demand" => report.demand = codes.collect(),
        "effect" => report.effect = codes.collect(),
        "community" => report.community = codes.collect(),
        "role" => report.role = codes.collect(),
        "reported" => report.reported = codes.collect(),
        "response" => report.response = codes.collect(),
        "teller" => report.teller = codes.next(),
        "frequency" => report.frequency = codes.next(),
        "urgency" => report.urgency = codes.next(),
        _ => {}
    }
}

impl Asking<'_, '_> {
    /// A question whose answers are codes of a list; the incident's further codes only when asked for.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn list(&mut self, name: &'static str, report: &mut Report) -> Result<(), Stop> {
        let Some(list) = codebook::list(name) else { return Ok(()) };
        let rhythm = self.organisation.rhythm().filter(|_| name == "urgency");
        self.title(title(name), if rhythm.is_some() { &[] } else { warnings(name) });
        rhythm.into_iter().for_each(|days| self.say("warn-urgency-days", &[("days", &days.to_string())]));
        self.present(&self.labels(list, &told(report, name)));
        let most = if ONE_OF.contains(&name) { 1 } else { list.entries.len() };
        let Some(codes) = self.codes(list, most)? else { return Ok(()) };
        self.chosen(list, &codes);
        if name == "urgency" && codes.contains(&"now") {
            self.say("warn-urgency-now", &[]);
            let emergency = self.organisation.words(self.language, |texts| Some(&texts.emergency));
            emergency.into_iter().for_each(|text| self.world.say(&text));
        }
        tell(report, name, codes);
        Ok(())
    }

    fn codes(&mut self, list: &'static List, most: usize) -> Result<Option<Vec<&'static str>>, Stop> {
        if list.name != codebook::INCIDENT.name {
            return self.pick(&self.choices(list, list.entries), most);
        }
        let (other, named): (Vec<&Entry>, Vec<&Entry>) =
            list.entries.iter().partition(|entry| entry.code == "other");
        let (core, rest): (Vec<&Entry>, Vec<&Entry>) = named.into_iter().partition(|entry| entry.core);
        let mut short = self.choices_of(list, &[core.as_slice(), &other].concat());
        short.push(Choice { code: MORE, label: self.language.say("button-more-list", &[]) });
        match self.pick(&short, most)? {
            Some(codes) if codes.contains(&MORE) => {
                self.pick(&self.choices_of(list, &[core, rest, other].concat()), most)
            }
            codes => Ok(codes),
        }
    }

    fn choices(&self, list: &List, entries: &'static [Entry]) -> Vec<Choice> {
        self.choices_of(list, &entries.iter().collect::<Vec<_>>())
    }

    fn choices_of(&self, list: &List, entries: &[&'static Entry]) -> Vec<Choice> {
        let choice =
            |entry: &&'static Entry| Choice { code: entry.code, label: self.language.label(list, entry) };
        entries.iter().map(choice).collect()
    }

    pub(super) fn labels(&self, list: &List, codes: &[&str]) -> String {
        let label = |code: &&str| list.entry(code).map(|entry| self.language.label(list, entry));
        codes.iter().filter_map(label).collect::<Vec<_>>().join("; ")
    }

    /// Says what stands there already, and how it is kept or emptied.
    pub(super) fn present(&mut self, what: &str) {
        if !what.is_empty() {
            self.say("seal-now", &[("chosen", what)]);
        }
    }

    /// Says back what was chosen, with a warning where it can point to a person.
    fn chosen(&mut self, list: &List, codes: &[&str]) {
        let labels = self.labels(list, codes);
        if !labels.is_empty() {
            self.world.say(&format!("= {labels}"));
        }
        let is_danger = |code: &&str| list.entry(code).is_some_and(|entry| entry.danger >= DANGER);
        if codes.iter().any(is_danger) {
            self.say("warn-danger", &[]);
        }
    }

    /// How exactly, then that and nothing finer. The day is asked for only by who wants to give it.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn when(&mut self, report: &mut Report) -> Result<(), Stop> {
        let list = &codebook::WHEN_PRECISION;
        self.title("field-when", &["warn-when"]);
        self.present(&report.when.as_ref().map(|when| self.when_label(when)).unwrap_or_default());
        let coarse: Vec<&'static Entry> = list.entries.iter().filter(|entry| entry.code != "day").collect();
        let mut choices = self.choices_of(list, &coarse);
        choices.push(Choice { code: "day", label: self.language.say("button-exact-day", &[]) });
        let Some(codes) = self.pick(&choices, 1)? else { return Ok(()) };
        report.when = match codes.first() {
            None => None,
            Some(precision) => Some(self.when_exactly(precision)?),
        };
        Ok(())
    }

    fn when_exactly(&mut self, precision: &str) -> Result<When, Stop> {
        let mut when = When { precision: Some(precision.to_owned()), ..When::default() };
        if precision == "day" {
            self.say("warn-day", &[]);
        }
        if ["day", "month", "quarter", "year"].contains(&precision) {
            let this = self.year();
            when.year = Some(self.must_number("field-year", this.saturating_sub(YEARS)..=this)?);
        }
        if precision == "quarter" {
            let key = self.must_pick(&["quarter-1", "quarter-2", "quarter-3", "quarter-4"])?;
            when.quarter = key.rsplit('-').next().and_then(|number| number.parse().ok());
        }
        if ["day", "month"].contains(&precision) {
            when.month = u8::try_from(self.must_number("field-month", 1..=12)?).ok();
        }
        if precision == "day" {
            when.day = u8::try_from(self.must_number("field-day", 1..=31)?).ok();
        }
        Ok(when)
    }

    fn must_number(&mut self, key: &str, range: std::ops::RangeInclusive<u16>) -> Result<u16, Stop> {
        let label = self.language.say(key, &[]);
        self.world.say(&format!("{label} ({}–{})", range.start(), range.end()));
        loop {
            match self.number(range.clone())? {
                Some(number) => return Ok(number),
                None => self.say("seal-again", &[]),
            }
        }
    }

    fn year(&self) -> u16 {
        u16::try_from(self.world.today.ymd().0).unwrap_or(u16::MAX)
    }

    pub(super) fn when_label(&self, when: &When) -> String {
        let numbers =
            [when.year, when.quarter.map(u16::from), when.month.map(u16::from), when.day.map(u16::from)];
        let numbers: Vec<String> = numbers.into_iter().flatten().map(|number| number.to_string()).collect();
        let precision = when.precision.as_deref().into_iter().collect::<Vec<_>>();
        format!("{} {}", self.labels(&codebook::WHEN_PRECISION, &precision), numbers.join("/"))
    }

    /// Country, coarse region, and a city for who wants to give it.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn place(&mut self, report: &mut Report) -> Result<(), Stop> {
        self.title("field-where", &["warn-city"]);
        let mut place = report.place.clone().unwrap_or_default();
        self.present(&self.place_label(&place));
        if let Some(country) = self.country()? {
            place = Where { country: country.map(str::to_owned), region: None, city: place.city };
        }
        if let Some(list) = codebook::regions(place.country.as_deref().unwrap_or_default()) {
            self.say("field-region", &[]);
            if let Some(codes) = self.region(list)? {
                place.region = codes.first().map(|code| (*code).to_owned());
            }
        }
        self.say("field-city", &[]);
        match self.words(MAX_CITY)? {
            Heard::Keep => {}
            Heard::Empty => place.city = None,
            Heard::Line(city) => place.city = Some(city.trim().to_owned()),
        }
        report.place = Some(place).filter(|place| *place != Where::default());
        Ok(())
    }

    /// Japan's prefectures only when somebody asks for them.
    fn region(&mut self, list: &'static List) -> Result<Option<Vec<&'static str>>, Stop> {
        let mut coarse = self.choices_of(list, &list.top().collect::<Vec<_>>());
        let has_parts = list.entries.iter().any(|entry| entry.parent.is_some());
        if has_parts {
            coarse.push(Choice { code: MORE, label: self.language.say("button-exact-region", &[]) });
        }
        match self.pick(&coarse, 1)? {
            Some(codes) if codes.contains(&MORE) => self.pick(&self.choices(list, list.entries), 1),
            codes => Ok(codes),
        }
    }

    /// The country by the beginning of its name; the inner `None` is no country.
    fn country(&mut self) -> Result<Option<Option<&'static str>>, Stop> {
        self.say("field-country", &[]);
        self.say("seal-country", &[]);
        loop {
            let line = match self.hear()? {
                Heard::Keep => return Ok(None),
                Heard::Empty => return Ok(Some(None)),
                Heard::Line(line) => line,
            };
            let found = self.countries(&plain(line.trim()));
            let choices = self.choices_of(&codebook::COUNTRY, &found);
            match choices.as_slice() {
                [] => self.say("seal-again", &[]),
                [one] => {
                    self.world.say(&format!("= {}", one.label));
                    return Ok(Some(Some(one.code)));
                }
                _ => match self.pick(&choices, 1)?.and_then(|codes| codes.first().copied()) {
                    Some(code) => return Ok(Some(Some(code))),
                    None => self.say("seal-country", &[]),
                },
            }
        }
    }

    fn countries(&self, begins: &str) -> Vec<&'static Entry> {
        let list = &codebook::COUNTRY;
        let wanted = begins.to_lowercase();
        if let Some(entry) = list.entry(&begins.to_uppercase()) {
            return vec![entry];
        }
        let fits = |label: &str| {
            label.to_lowercase().split(' ').any(|word| word.starts_with(&wanted)) || label.contains(begins)
        };
        let matches = |entry: &&Entry| fits(entry.en) || fits(&self.language.label(list, entry));
        list.entries.iter().filter(matches).collect()
    }

    pub(super) fn place_label(&self, place: &Where) -> String {
        let country = place.country.as_deref().unwrap_or_default();
        let region = codebook::regions(country).zip(place.region.as_deref());
        let named = [
            Some(self.labels(&codebook::COUNTRY, &[country])),
            region.map(|(list, code)| self.labels(list, &[code])),
            place.city.as_deref().map(tipline_report::visible::line),
        ];
        named.into_iter().flatten().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// One choice of three first; single permissions only for who wants them.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn consent(&mut self, report: &mut Report) -> Result<(), Stop> {
        self.title("field-consent", &["consent-hint"]);
        self.present(
            &self.labels(&codebook::CONSENT, &report.consent.iter().map(String::as_str).collect::<Vec<_>>()),
        );
        let ways = ["consent-read", "consent-count", "consent-choose"];
        let choice = |code: &&'static str| Choice { code, label: self.language.say(code, &[]) };
        let Some(way) = self.pick(&ways.iter().map(choice).collect::<Vec<_>>(), 1)? else { return Ok(()) };
        let codes = match way.first() {
            Some(&"consent-count") => vec!["count"],
            Some(&"consent-choose") => self.permissions()?,
            _ => Vec::new(),
        };
        report.only_after = None;
        if codes.contains(&"only_after") {
            self.say("consent-not-asked", &[]);
            let next = self.year().saturating_add(1);
            report.only_after =
                Some(self.must_number("consent-only-after", next..=next.saturating_add(YEARS))?);
        }
        report.consent = codes.into_iter().map(str::to_owned).collect();
        Ok(())
    }

    fn permissions(&mut self) -> Result<Vec<&'static str>, Stop> {
        let list = &codebook::CONSENT;
        let choices = self.choices(list, list.entries);
        let codes = self.pick(&choices, choices.len())?.unwrap_or_default();
        let labels = self.labels(list, &codes);
        self.world.say(&format!("= {labels}"));
        Ok(codes)
    }

    /// Numbers and accounts that *they* used.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn handles(&mut self, report: &mut Report) -> Result<(), Stop> {
        self.title("field-actor_handles", &["warn-handles"]);
        self.present(
            &report
                .actor_handles
                .iter()
                .map(|one| tipline_report::visible::line(one))
                .collect::<Vec<_>>()
                .join(", "),
        );
        let mut handles = Vec::new();
        while handles.len() < MAX_HANDLES {
            match self.hear()? {
                Heard::Keep if handles.is_empty() => return Ok(()),
                Heard::Keep | Heard::Empty => break,
                Heard::Line(line) if line.trim().chars().count() > MAX_HANDLE => self.say("seal-again", &[]),
                Heard::Line(line) => handles.push(line.trim().to_owned()),
            }
        }
        report.actor_handles = handles;
        Ok(())
    }

    /// Relatives or friends, a group after the other.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn relatives(&mut self, report: &mut Report) -> Result<(), Stop> {
        self.title("field-relatives", &["warn-relatives"]);
        self.present(
            &report.relatives.iter().map(|one| self.relative_label(one)).collect::<Vec<_>>().join("; "),
        );
        let mut groups = Vec::new();
        while groups.len() < MAX_RELATIVES {
            let number = groups.len().saturating_add(1).to_string();
            self.say("group-relative", &[("number", &number)]);
            self.say("field-relative-kind", &[]);
            let list = &codebook::RELATIVE_KIND;
            let kind = match self.pick(&self.choices(list, list.entries), 1)? {
                None if groups.is_empty() => return Ok(()),
                None => break,
                Some(codes) if codes.is_empty() => break,
                Some(codes) => codes.first().map(|code| (*code).to_owned()),
            };
            groups.push(self.relative(kind)?);
        }
        report.relatives = groups;
        Ok(())
    }

    fn relative(&mut self, kind: Option<String>) -> Result<Relative, Stop> {
        self.say("field-relative-region", &[]);
        let list = &codebook::REGION_CN;
        let region = self.pick(&self.choices(list, list.entries), 1)?.unwrap_or_default();
        self.say("field-relative-incident", &[]);
        let entries: Vec<&'static Entry> = codebook::relative_incidents().collect();
        let choices = self.choices_of(&codebook::INCIDENT, &entries);
        let incident = self.pick(&choices, choices.len())?.unwrap_or_default();
        let region = region.first().map(|code| (*code).to_owned());
        Ok(Relative { kind, region, incident: incident.into_iter().map(str::to_owned).collect() })
    }

    pub(super) fn relative_label(&self, relative: &Relative) -> String {
        let one = |list: &List, code: &Option<String>| {
            self.labels(list, &code.as_deref().into_iter().collect::<Vec<_>>())
        };
        let incident: Vec<&str> = relative.incident.iter().map(String::as_str).collect();
        let named = [
            one(&codebook::RELATIVE_KIND, &relative.kind),
            one(&codebook::REGION_CN, &relative.region),
            self.labels(&codebook::INCIDENT, &incident),
        ];
        named.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// All that was told, as a person reads it before sending: `(title, what)`.
    pub(super) fn summary(&self, report: &Report) -> Vec<(&'static str, String)> {
        let codes = |name: &'static str| {
            let list = codebook::list(name);
            (title(name), list.map(|list| self.labels(list, &told(report, name))).unwrap_or_default())
        };
        let consent: Vec<&str> = report.consent.iter().map(String::as_str).collect();
        let consent = match consent.as_slice() {
            [] => self.language.say("consent-read", &[]),
            codes => self.labels(&codebook::CONSENT, codes),
        };
        let after = report.only_after.map(|year| format!(" ({year})")).unwrap_or_default();
        let mut lines = vec![
            codes("incident"),
            ("field-when", report.when.as_ref().map(|when| self.when_label(when)).unwrap_or_default()),
            ("field-where", report.place.as_ref().map(|place| self.place_label(place)).unwrap_or_default()),
            ("field-consent", consent + &after),
        ];
        lines.extend(super::MORE_LISTS.iter().map(|name| codes(name)));
        let handles = report.actor_handles.iter().map(|one| tipline_report::visible::line(one));
        lines.push(("field-actor_handles", handles.collect::<Vec<_>>().join(", ")));
        let relatives = report.relatives.iter().map(|one| self.relative_label(one));
        lines.push(("field-relatives", relatives.collect::<Vec<_>>().join("; ")));
        lines.push(("field-story", tipline_report::visible::prose(&report.story)));
        lines.into_iter().filter(|(_, what)| !what.is_empty()).collect()
    }
}
