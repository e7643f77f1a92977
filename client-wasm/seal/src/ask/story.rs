//! What a person tells in words of their own: nothing of it is lost, whatever is wrong with the last line.

use tipline_report::Report;
use tipline_report::bounds::{MAX_STORY_ESCAPED, escaped_len};

use super::asking::{Asking, Heard, Stop};
use super::notes::{notes, plain};

impl Asking<'_, '_> {
    /// Words of a bounded length.
    pub(super) fn words(&mut self, most: usize) -> Result<Heard, Stop> {
        loop {
            match self.hear()? {
                Heard::Line(line) if line.trim().chars().count() > most => self.say("seal-again", &[]),
                Heard::Line(line) => {
                    notes(&line).into_iter().for_each(|key| self.say(key, &[]));
                    return Ok(Heard::Line(line));
                }
                other => return Ok(other),
            }
        }
    }

    /// The person's own words, line by line, until a line with a single dot. What was written before is not lost.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn story(&mut self, report: &mut Report) -> Result<(), Stop> {
        self.title(
            "field-story",
            &[
                "story-hint",
                "story-warn-names",
                "story-warn-exact",
                "story-warn-translate",
                "story-warn-wechat",
            ],
        );
        self.languages_read();
        if !report.story.is_empty() {
            match self.must_pick(&["seal-story-keep", "seal-story-more", "seal-story-anew"])? {
                "seal-story-keep" => return Ok(()),
                "seal-story-anew" => report.story.clear(),
                _ => {}
            }
        }
        self.say("seal-story-end", &[]);
        loop {
            let line = self.line()?;
            match plain(line.trim()).as_str() {
                "." | "。" => return Ok(()),
                "" if report.story.is_empty() => return Ok(()),
                "*" => return Err(Stop::Back),
                "q" | "Q" => return Err(Stop::Leave),
                _ => self.story_line(&line, report),
            }
        }
    }

    fn story_line(&mut self, line: &str, report: &mut Report) {
        let gap = if report.story.is_empty() { "" } else { "\n" };
        let len =
            escaped_len(&report.story).saturating_add(escaped_len(gap)).saturating_add(escaped_len(line));
        if let Some(over) = len.checked_sub(MAX_STORY_ESCAPED).filter(|over| *over > 0) {
            self.say("story-over", &[("bytes", &over.to_string())]);
            self.say("seal-story-not-taken", &[]);
            return;
        }
        // Room for all of it, so that no copy is left behind when it grows.
        report.story.reserve(MAX_STORY_ESCAPED.saturating_sub(report.story.len()));
        report.story.push_str(gap);
        report.story.push_str(line);
        notes(line).into_iter().for_each(|key| self.say(key, &[]));
    }
}
