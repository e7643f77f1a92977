//! The receipt at a terminal: chosen first, shown where no history keeps it, typed back from paper, never written anywhere.

use tipline_envelope::Receipt;
use tipline_envelope::receipt::words::List;
use tipline_envelope::receipt::{COUNT, RANDOM, Slip};
use zeroize::Zeroizing;

use super::asking::{Asking, Heard, Stop};
use super::notes::plain;

/// Numbers side by side.
const COLUMNS: usize = 3;

impl Asking<'_, '_> {
    /// Whether an answer is wanted, and with which receipt it is read.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn receipt(&mut self) -> Result<Option<Receipt>, Stop> {
        self.title("receipt-title", &["seal-receipt-hint"]);
        match self.must_pick(&["receipt-none", "seal-receipt-new", "seal-receipt-old"])? {
            "seal-receipt-new" => self.new_receipt(),
            "seal-receipt-old" => self.old_receipt().map(Some),
            _ => Ok(None),
        }
    }

    /// A new one: shown, then typed back from paper, and shown again until it is there.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn new_receipt(&mut self) -> Result<Option<Receipt>, Stop> {
        let mut random = Zeroizing::new([0; RANDOM]);
        let drawn = (self.world.random)(&mut *random).ok().and_then(|()| Receipt::draw(&*random).ok());
        let Some(receipt) = drawn else {
            self.say("stop-random", &[]);
            return Err(Stop::Leave);
        };
        loop {
            self.show(&receipt)?;
            if self.typed_back(&receipt)? {
                self.say("seal-receipt-good", &[]);
                return Ok(Some(receipt));
            }
            self.say("seal-receipt-other", &[]);
        }
    }

    /// On the other screen, until they are on paper.
    fn show(&mut self, receipt: &Receipt) -> Result<(), Stop> {
        let mut shown = Zeroizing::new(String::with_capacity(4_096));
        let paper = self.language.say("seal-receipt-paper", &[]);
        shown.push_str(&format!("{paper}\n\n"));
        for (at, number) in (1_usize..).zip(receipt.numbers().iter()) {
            let end = if at.is_multiple_of(COLUMNS) { "\n" } else { "" };
            shown.push_str(&format!("  {at:>2}: {number:04}{end}"));
        }
        shown.push('\n');
        if let Some(list) = List::of(self.language.tag) {
            for (at, word) in (1_usize..).zip(receipt.words(list)) {
                let end = if at.is_multiple_of(COLUMNS) { "\n" } else { "" };
                shown.push_str(&format!("  {at:>2}: {word}{end}"));
            }
            shown.push('\n');
        }
        let enter = self.language.say("seal-receipt-enter", &[]);
        shown.push_str(&format!("{enter}\n"));
        self.world.aside(&shown);
        let heard = self.hear();
        self.world.end_aside();
        heard.map(drop)
    }

    /// Whether one number, drawn by chance, is on the paper.
    fn typed_back(&mut self, receipt: &Receipt) -> Result<bool, Stop> {
        let mut random = [0; 1];
        // Without randomness the first: the question only has to make somebody look at the paper.
        let _ = (self.world.random)(&mut random);
        let place = usize::from(random[0]).checked_rem(COUNT).unwrap_or_default();
        let asked =
            self.language.say("seal-receipt-back", &[("place", &place.saturating_add(1).to_string())]);
        self.world.aside(&format!("{asked}\n"));
        let heard = self.hear();
        self.world.end_aside();
        let Heard::Line(line) = heard? else { return Ok(false) };
        Ok(plain(line.trim()).parse::<u16>().ok() == receipt.numbers().get(place).copied())
    }

    /// One that is on paper already: what is sent goes into the same thread.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn old_receipt(&mut self) -> Result<Receipt, Stop> {
        loop {
            let asked = self.language.say("seal-receipt-type", &[]);
            // What is typed there is gone with that screen.
            self.world.aside(&format!("{asked}\n"));
            let heard = self.hear();
            self.world.end_aside();
            let Heard::Line(line) = heard? else { continue };
            match Receipt::read(&plain(&line)) {
                Ok(receipt) => return Ok(receipt),
                Err(slip) => {
                    if let Some(receipt) = self.slip(slip)? {
                        return Ok(receipt);
                    }
                }
            }
        }
    }

    /// Explains what is wrong; a repair counts only once a person has looked at the paper.
    fn slip(&mut self, slip: Slip) -> Result<Option<Receipt>, Stop> {
        let (key, values, receipt) = match slip {
            Slip::Count(count) => ("seal-receipt-count", vec![("count", count.to_string())], None),
            Slip::Number { place } => ("seal-receipt-number", vec![("place", place.to_string())], None),
            Slip::Word { place } => ("seal-receipt-word", vec![("place", place.to_string())], None),
            Slip::Probably { place, number, receipt } => {
                let values = vec![("place", place.to_string()), ("number", format!("{number:04}"))];
                ("seal-receipt-probably", values, Some(receipt))
            }
            Slip::Order(receipt) => ("seal-receipt-order", Vec::new(), Some(receipt)),
            Slip::Wrong => ("seal-receipt-wrong", Vec::new(), None),
        };
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let Some(receipt) = receipt else {
            self.say(key, &values);
            return Ok(None);
        };
        // It holds a number: it is gone with that screen.
        let asked = self.language.say(key, &values);
        self.world.aside(&format!("{asked}\n"));
        let picked = self.must_pick(&["seal-yes", "seal-no"]);
        self.world.end_aside();
        Ok((picked? == "seal-yes").then_some(receipt))
    }
}
