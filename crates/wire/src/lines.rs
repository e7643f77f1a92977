//! Reads documents of lines, each a word and its value, in a fixed order; says which line was wrong.

/// A line that is missing, out of order or malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What should stand there.
    pub(crate) expected: &'static str,
}

/// What is left of a document.
pub(crate) struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self { rest: text, number: 0 }
    }

    /// The next line must begin with `word`; what follows it is given to `read`.
    pub(crate) fn expect<T>(
        &mut self,
        word: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Expected> {
        self.number = self.number.saturating_add(1);
        let line = self.number;
        let parse = || {
            let (text, rest) = self.rest.split_once('\n')?;
            let value = text.strip_prefix(word)?;
            let value = if value.is_empty() { value } else { value.strip_prefix(' ')? };
            Some((read(value)?, rest))
        };
        let (value, rest) = parse().ok_or(Expected { line, expected: word })?;
        self.rest = rest;
        Ok(value)
    }

    /// The next line must be `text` and nothing more, not even a blank.
    pub(crate) fn expect_only(&mut self, text: &'static str) -> Result<(), Expected> {
        self.number = self.number.saturating_add(1);
        let rest = self.rest.strip_prefix(text).and_then(|rest| rest.strip_prefix('\n'));
        self.rest = rest.ok_or(Expected { line: self.number, expected: text })?;
        Ok(())
    }

    pub(crate) fn next_is(&self, word: &str) -> bool {
        self.rest.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '))
    }

    /// Nothing but line feeds may follow.
    pub(crate) fn padding(&self, expected: &'static str) -> Result<(), Expected> {
        let fault = Expected { line: self.number.saturating_add(1), expected };
        if self.rest.bytes().all(|b| b == b'\n') { Ok(()) } else { Err(fault) }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Digits without a sign or a leading zero.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    (canonical && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_word_and_its_value_in_order() {
        let mut lines = Lines::of("tipline 1\nserial 7\nserial\nserial8\n");
        assert_eq!(lines.expect_only("tipline 1"), Ok(()));
        assert!(lines.next_is("serial") && !lines.next_is("seri"));
        assert_eq!(lines.expect("serial", decimal), Ok(7));
        assert_eq!(lines.expect("serial", |rest| Some(rest.len())), Ok(0));
        assert_eq!(lines.expect("serial", decimal), Err(Expected { line: 4, expected: "serial" }));
        assert!(!lines.is_done());
    }

    #[test]
    fn a_line_with_one_form_has_no_second_one() {
        for text in
            ["tipline 1 \n", "tipline 1 x\n", "tipline 1", " tipline 1\n", "tipline 1\r\n", "tipline 12\n"]
        {
            let fault = Expected { line: 1, expected: "tipline 1" };
            assert_eq!(Lines::of(text).expect_only("tipline 1"), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn numbers_have_one_form() {
        for (text, number) in [
            ("0", Some(0)),
            ("12", Some(12)),
            ("012", None),
            ("+1", None),
            ("", None),
            ("18446744073709551616", None),
        ] {
            assert_eq!(decimal(text), number, "{text}");
        }
    }
}
