//! What a check found: sound, worth knowing, or one line that mends it.

use std::fmt::Write as _;

use serde::Serialize;

use super::Check;

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// All is well; what was seen, in a few words.
    Sound(String),
    /// Nothing is broken, but somebody should know, or will have to act soon.
    Note(String),
    /// What is wrong, and what mends it.
    Mend(String),
    /// Not looked at, and why.
    Skipped(String),
}

impl Verdict {
    /// Sound, with what was seen.
    pub fn sound(seen: impl Into<String>) -> Self {
        Self::Sound(seen.into())
    }

    /// Worth knowing.
    pub fn note(line: impl Into<String>) -> Self {
        Self::Note(line.into())
    }

    /// To mend: what is wrong, and what to do.
    pub fn mend(line: impl Into<String>) -> Self {
        Self::Mend(line.into())
    }

    /// Not looked at.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Sound(_) => "ok",
            Self::Note(_) => "note",
            Self::Mend(_) => "mend",
            Self::Skipped(_) => "-",
        }
    }

    fn say(&self) -> &str {
        let (Self::Sound(say) | Self::Note(say) | Self::Mend(say) | Self::Skipped(say)) = self;
        say
    }
}

/// A check and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// What was found.
    pub verdict: Verdict,
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    checks: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    check: &'a str,
    verdict: &'a str,
    say: &'a str,
}

impl<'a> Line<'a> {
    fn of(Finding { check, verdict }: &'a Finding) -> Self {
        Self { check: check.name(), verdict: verdict.word(), say: verdict.say() }
    }
}

/// How many findings must be mended.
#[must_use]
pub fn to_mend(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Mend(_))).count()
}

/// A line for each, for a person.
#[must_use]
pub fn as_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { check, verdict } in findings {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{:<5} {:<14} {}", verdict.word(), check.name(), verdict.say());
    }
    text
}

/// One line of JSON, for a program.
#[must_use]
pub fn as_json(findings: &[Finding]) -> String {
    let report = Report { ok: to_mend(findings) == 0, checks: findings.iter().map(Line::of).collect() };
    let mut text = serde_json::to_string(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            Finding { check: Check::Swap, verdict: Verdict::sound("no swap") },
            Finding { check: Check::Disk, verdict: Verdict::mend("full: pick up") },
            Finding { check: Check::Tor, verdict: Verdict::skipped("asked to") },
            Finding { check: Check::Board, verdict: Verdict::note("none yet") },
        ]
    }

    #[test]
    fn each_finding_is_one_line() {
        assert_eq!(
            as_text(&findings()),
            "ok    swap           no swap\nmend  disk           full: pick up\n\
             -     tor            asked to\nnote  board          none yet\n"
        );
    }

    #[test]
    fn only_what_must_be_mended_is_no_success() {
        assert_eq!(to_mend(&findings()), 1);
        let json: serde_json::Value = serde_json::from_str(&as_json(&findings())).unwrap();
        assert_eq!(json["ok"], false);
        assert_eq!(json["checks"][1]["say"], "full: pick up");
        assert_eq!(json["checks"][2]["verdict"], "-");
        assert_eq!(json["checks"][3]["verdict"], "note");
    }
}
