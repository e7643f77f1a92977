//! The site document: what the page says of the organisation. Filled in by people, checked, looked at once more, signed.

mod form;
mod template;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tipline_report::visible;
use tipline_wire::date::Date;
use tipline_wire::intake::Intake;
use tipline_wire::site::{MAX_PAGES, SCHEMA, Site, SiteError};
use tipline_wire::sshsig::{self, Fingerprint};

use crate::desk_key::DeskKey;
use crate::error::Error;
use crate::home::{self, Home};
use crate::outgoing;

pub use form::{FIELDS, Form};

/// The column in which the texts begin.
const INDENT: usize = 15;

/// A document that is ready to be signed.
#[derive(Debug)]
pub struct Draft {
    site: Site,
    text: String,
    root: Fingerprint,
    before: Option<Site>,
    /// The files whose digests it names; none when they are those of the document before.
    pages: Vec<PathBuf>,
}

/// Makes the document: what people decide from `form`, all else from the home, the day and the released `pages`.
///
/// # Errors
/// What can't be read or breaks a rule, with its field.
pub fn draft(home: &Home, form: &Path, pages: &[PathBuf], today: Date) -> Result<(Draft, Intake), Error> {
    let (intake, root) = home.intake()?;
    let Form { languages, rhythm_days, texts } = Form::read(form)?;
    let before = home.last_site()?;
    let site = Site {
        schema: SCHEMA.into(),
        serial: before.as_ref().map_or(0, |site| site.serial).saturating_add(1),
        issued: today.to_string(),
        org: intake.org.clone(),
        root: root.to_string(),
        languages,
        rhythm_days,
        texts,
        pages: digests(pages, before.as_ref())?,
    };
    let text = site.to_text().map_err(|wrong| {
        let advice = match wrong {
            SiteError::TooLong => "shorten the texts, or give fewer languages texts of their own",
            _ => "mend the form",
        };
        Error::failed("making the site document", wrong, advice)
    })?;
    Ok((Draft { site, text, root, before, pages: pages.to_vec() }, intake))
}

fn digests(pages: &[PathBuf], before: Option<&Site>) -> Result<Vec<String>, Error> {
    let doing = "naming the page";
    let mut digests: Vec<String> = match before {
        Some(before) if pages.is_empty() => return Ok(before.pages.clone()),
        None if pages.is_empty() => {
            let advice = "give the released page.html, which came with the letterbox, with --page FILE";
            return Err(Error::failed(doing, "this is the first site document, and none was given", advice));
        }
        _ => pages.iter().map(|page| template::digest(page)).collect::<Result<_, _>>()?,
    };
    digests.sort();
    digests.dedup();
    if digests.len() > MAX_PAGES {
        let wrong = format!("{} pages were given, {MAX_PAGES} can be named", digests.len());
        return Err(Error::failed(doing, wrong, "leave out those that no letterbox shows any more"));
    }
    Ok(digests)
}

impl Draft {
    /// All of it, for a last look before it is signed.
    #[must_use]
    pub fn look(&self) -> String {
        let Site { serial, issued, org, languages, rhythm_days, texts, pages, .. } = &self.site;
        let mut text = format!("What the page will say of {}:\n\n", visible::line(org));
        let mut row = |label: &str, value: &str| {
            for (line, value) in (0_u32..).zip(lines(value)) {
                let label = if line == 0 { label } else { "" };
                // Writing into a String cannot fail.
                let _ = writeln!(text, "{}", format!("  {label:<13}{value}").trim_end());
            }
        };
        row("root", &self.root.groups());
        row("serial", &format!("{serial}, issued {issued}"));
        row("you read", &languages.join(", "));
        row("", &format!("every {rhythm_days} days"));
        pages.iter().for_each(|page| row("page", page));
        for (language, texts) in texts {
            row("", "");
            row(&format!("[{language}]"), "");
            texts.fields().iter().for_each(|(field, text)| row(field, text.unwrap_or("(none)")));
        }
        for remark in self.remarks() {
            row("", "");
            row("MIND", &remark);
        }
        text
    }

    /// What is allowed, and may still be a mistake.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let Site { texts, issued, .. } = &self.site;
        if !texts.contains_key("en") {
            remarks.push("There are no English texts. A page in a language without texts has to show another language's.".into());
        }
        let strange: Vec<&str> =
            texts.keys().map(String::as_str).filter(|l| !form::PAGE_LANGUAGES.contains(l)).collect();
        if !strange.is_empty() {
            remarks.push(format!("The page is never shown in {}.", strange.join(", ")));
        }
        match &self.before {
            Some(before) if self.pages.is_empty() => {
                remarks
                    .push(format!("The pages are those of serial {}: no --page was given.", before.serial));
            }
            Some(before) if before.issued > *issued => {
                remarks.push(format!(
                    "The document before is from {}: is this machine's clock right?",
                    before.issued
                ));
            }
            _ => {}
        }
        remarks
    }

    /// Signs it, and writes it into the home and for the courier.
    ///
    /// # Errors
    /// It can't be written.
    pub fn sign(&self, key: &DeskKey, home: &Home, out: &Path) -> Result<String, Error> {
        let signature = key.sign(sshsig::SITE, self.text.as_bytes());
        // The home first: its serial must never lag behind what is out.
        for folder in [home.path(), out] {
            outgoing::write(folder, home::SITE, self.text.as_bytes(), &signature)?;
        }
        Ok(format!(
            "Signed: site document {serial} of {org}. Carry {out} to the server and nothing else; the operator runs there:\n    tipline-server publish {name}\n",
            serial = self.site.serial,
            org = visible::line(&self.site.org),
            out = out.display(),
            name = home::SITE,
        ))
    }
}

/// As lines that fit beside the labels; at least one.
fn lines(text: &str) -> Vec<String> {
    let shown = visible::prose(text);
    let width = visible::COLUMNS.saturating_sub(INDENT);
    shown.split('\n').flat_map(|line| visible::folded(line, width).map(str::to_owned)).collect()
}
