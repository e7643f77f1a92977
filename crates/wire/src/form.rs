//! A form with one file, as browsers send it from pages without scripts: `multipart/form-data` (RFC 7578, RFC 2046).
//!
//! Read as it comes, in pieces of any size, holding nothing of the file. The part's head, with the file's name in it, is
//! skipped unread. The grammar is narrower than RFC 2046: no preamble, one part, nothing behind it but an empty line.

use alloc::vec::Vec;

/// The longest boundary (RFC 2046, 5.1.1).
pub const LONGEST_BOUNDARY: usize = 70;
/// The longest head of a part, with the file's name: bytes between the boundary and the file.
pub const LONGEST_HEAD: usize = 4_096;
/// The most bytes of a form besides its file.
pub const LONGEST_FRAME: u64 = 4_352;

/// What stands between the head and the file.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// What follows the last boundary; browsers send all of it, RFC 2046 asks for the first two bytes.
const END: &[u8] = b"--\r\n";

const _: () =
    assert!(LONGEST_HEAD + 2 * (4 + LONGEST_BOUNDARY) + END.len() <= 4_352 && LONGEST_FRAME == 4_352);

/// Why bytes are no form with one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Not in the shape of a form.
    #[error("this is not a form with a file")]
    Malformed,
    /// The part's head is longer than [`LONGEST_HEAD`].
    #[error("the head of the form's file is too long")]
    LongHead,
    /// A second part follows.
    #[error("the form has more than one part")]
    Another,
    /// The bytes end before the form does.
    #[error("the form is cut off")]
    Cut,
}

/// Reads one form.
#[derive(Debug, Clone)]
pub struct FormReader {
    /// CR LF, two hyphens, the boundary. A CR stands at its beginning only, which makes looking for it simple.
    delimiter: Vec<u8>,
    state: State,
    /// Bytes in front of the file.
    before: u64,
}

/// Where the reader is; numbers say how much of the expected bytes has come.
#[derive(Debug, Clone, Copy)]
enum State {
    /// In the first delimiter, which has no CR LF in front.
    Opening(usize),
    /// In the part's head: so many bytes of it, so many of [`END_OF_HEAD`].
    Head(usize, usize),
    /// In the file: so many bytes of the delimiter, held back because they may be the file's.
    File(usize),
    /// Behind the last delimiter.
    Ending(usize),
}

impl FormReader {
    /// For a body with this `Content-Type`; `None` when that is no form, or its boundary none.
    #[must_use]
    pub fn new(content_type: &str) -> Option<Self> {
        let delimiter = [b"\r\n--", boundary(content_type)?.as_bytes()].concat();
        Some(Self { delimiter, state: State::Opening(2), before: 0 })
    }

    /// Takes the next bytes of the body and appends what belongs to the file: at most as many bytes and a delimiter more.
    ///
    /// # Errors
    /// See [`FormError`]; the reader is of no use afterwards.
    pub fn feed(&mut self, mut bytes: &[u8], file: &mut Vec<u8>) -> Result<(), FormError> {
        while let Some((first, rest)) = bytes.split_first() {
            bytes = match self.state {
                State::File(0) => self.plain(bytes, file),
                _ => {
                    self.state = self.step(*first, file)?;
                    rest
                }
            };
        }
        Ok(())
    }

    /// Says that the body is over.
    ///
    /// # Errors
    /// [`FormError::Cut`] when the form is not.
    pub fn end(&self) -> Result<(), FormError> {
        match self.state {
            State::Ending(2) => Ok(()),
            State::Ending(read) if read == END.len() => Ok(()),
            _ => Err(FormError::Cut),
        }
    }

    /// How long the file is in a body of so many bytes, without and with an empty line at the end; `None` before the
    /// part's head was read, or when there is no room for a file.
    #[must_use]
    pub fn file_lengths(&self, body: u64) -> Option<[u64; 2]> {
        matches!(self.state, State::File(_) | State::Ending(_)).then_some(())?;
        let behind = u64::try_from(self.delimiter.len()).ok()?.checked_add(2)?;
        let longer = body.checked_sub(self.before)?.checked_sub(behind)?;
        Some([longer, longer.saturating_sub(2)])
    }

    /// Takes the bytes up to the next CR, all of them the file's.
    fn plain<'a>(&mut self, bytes: &'a [u8], file: &mut Vec<u8>) -> &'a [u8] {
        let end = bytes.iter().position(|byte| *byte == b'\r').unwrap_or(bytes.len());
        let (ours, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        file.extend_from_slice(ours);
        if let Some((_, rest)) = rest.split_first() {
            self.state = State::File(1);
            return rest;
        }
        rest
    }

    /// Takes one byte.
    fn step(&mut self, byte: u8, file: &mut Vec<u8>) -> Result<State, FormError> {
        match self.state {
            State::Opening(read) => {
                self.before = self.before.saturating_add(1);
                self.opening(byte, read)
            }
            State::Head(read, matched) => {
                self.before = self.before.saturating_add(1);
                head(byte, read, matched)
            }
            State::File(matched) => Ok(self.file(byte, matched, file)),
            State::Ending(0) if byte == b'\r' => Err(FormError::Another),
            State::Ending(read) if END.get(read) == Some(&byte) => Ok(State::Ending(read.saturating_add(1))),
            State::Ending(_) => Err(FormError::Malformed),
        }
    }

    fn opening(&self, byte: u8, read: usize) -> Result<State, FormError> {
        (self.delimiter.get(read) == Some(&byte)).then_some(()).ok_or(FormError::Malformed)?;
        let read = read.saturating_add(1);
        Ok(if read == self.delimiter.len() { State::Head(0, 0) } else { State::Opening(read) })
    }

    /// One byte of the file, or of the delimiter behind it; what was held back in vain is the file's.
    fn file(&self, byte: u8, matched: usize, file: &mut Vec<u8>) -> State {
        if self.delimiter.get(matched) == Some(&byte) {
            let matched = matched.saturating_add(1);
            return if matched == self.delimiter.len() { State::Ending(0) } else { State::File(matched) };
        }
        file.extend_from_slice(self.delimiter.get(..matched).unwrap_or_default());
        if byte == b'\r' {
            return State::File(1);
        }
        file.push(byte);
        State::File(0)
    }
}

/// One byte between the boundary and the file: the line's end first, then anything up to an empty line.
fn head(byte: u8, read: usize, matched: usize) -> Result<State, FormError> {
    let expected = END_OF_HEAD.get(matched) == Some(&byte);
    if read < 2 && !expected {
        return Err(FormError::Malformed);
    }
    let matched = match byte {
        _ if expected => matched.saturating_add(1),
        b'\r' => 1,
        _ => 0,
    };
    match read.saturating_add(1) {
        _ if matched == END_OF_HEAD.len() => Ok(State::File(0)),
        read if read >= LONGEST_HEAD => Err(FormError::LongHead),
        read => Ok(State::Head(read, matched)),
    }
}

/// The boundary in a `Content-Type`, plain or quoted.
fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    kind.trim().eq_ignore_ascii_case("multipart/form-data").then_some(())?;
    let mut boundaries = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value.trim())
    });
    let value = boundaries.next()?;
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let value = quoted.unwrap_or(value);
    let sound = (1..=LONGEST_BOUNDARY).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte))
        && !value.ends_with(' ');
    (sound && boundaries.next().is_none()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=----x1";

    fn form(file: &[u8]) -> Vec<u8> {
        let head = "------x1\r\nContent-Disposition: form-data; name=\"tip\"; filename=\"tip.age\"\r\n\
                    Content-Type: application/octet-stream\r\n\r\n";
        [head.as_bytes(), file, b"\r\n------x1--\r\n"].concat()
    }

    /// What a whole body gives, fed in pieces that end at `cuts`.
    fn read(body: &[u8], cuts: &[usize]) -> Result<Vec<u8>, FormError> {
        let mut reader = FormReader::new(TYPE).unwrap();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let mut file = Vec::new();
        for pair in cuts.windows(2) {
            reader.feed(&body[pair[0]..pair[1]], &mut file)?;
        }
        reader.end()?;
        let lengths = reader.file_lengths(body.len() as u64).unwrap();
        assert!(lengths.contains(&(file.len() as u64)));
        Ok(file)
    }

    #[test]
    fn the_file_comes_out_as_it_went_in() {
        for file in [
            &b""[..],
            b"plain",
            b"\r\n------x\r\n------x2 nearly\r\r\n\r\n------x",
            b"\r",
            b"--",
            b"\r\n",
            &[0; 70_000],
        ] {
            let whole = form(file);
            assert_eq!(read(&whole, &[]).as_deref(), Ok(file));
            assert_eq!(
                read(&whole[..whole.len() - 2], &[]).as_deref(),
                Ok(file),
                "without the last line's end"
            );
        }
    }

    #[test]
    fn the_file_s_length_is_known_as_soon_as_it_begins() {
        let whole = form(&[7; 1_000]);
        let begins = whole.len() - 1_000 - 14;
        let mut reader = FormReader::new(TYPE).unwrap();
        for byte in &whole[..begins] {
            assert_eq!(reader.file_lengths(whole.len() as u64), None);
            reader.feed(&[*byte], &mut Vec::new()).unwrap();
        }
        assert_eq!(reader.file_lengths(whole.len() as u64), Some([1_002, 1_000]));
        assert_eq!(reader.file_lengths(0), None);
    }

    #[test]
    fn what_is_no_form_with_one_file_is_refused() {
        let whole = String::from_utf8(form(b"file")).unwrap();
        let long_name = whole.replace("tip.age", &"n".repeat(LONGEST_HEAD));
        for (bad, fault) in [
            (whole.replace("------x1\r\nC", "------x2\r\nC"), FormError::Malformed),
            (format!("preamble\r\n{whole}"), FormError::Malformed),
            (whole.replacen("x1\r\n", "x1 \r\n", 1), FormError::Malformed),
            (whole.replace("x1--", "x1-"), FormError::Malformed),
            (whole.replace("x1--", "x17"), FormError::Malformed),
            (format!("{whole}more"), FormError::Malformed),
            (whole.replace("x1--", "x1"), FormError::Another),
            (whole.replace("x1--", "x1\r\n\r\nsecond\r\n------x1--"), FormError::Another),
            ("------x1--\r\n".into(), FormError::Malformed),
            (long_name, FormError::LongHead),
        ] {
            assert_eq!(read(bad.as_bytes(), &[]), Err(fault), "{bad:?}");
        }
        for end in (0..whole.len()).filter(|end| *end != whole.len() - 2) {
            assert_eq!(read(&whole.as_bytes()[..end], &[]), Err(FormError::Cut), "{end}");
        }
        let longest = whole.replace("tip.age", &"n".repeat(LONGEST_HEAD - (whole.len() - 26 - 7)));
        assert_eq!(read(longest.as_bytes(), &[]).as_deref(), Ok(&b"file"[..]));
    }

    #[test]
    fn boundaries_are_read_as_browsers_write_them() {
        for (content_type, expected) in [
            ("multipart/form-data; boundary=----geckoformboundary12", Some("----geckoformboundary12")),
            ("Multipart/Form-Data;BOUNDARY=\"a b\"; charset=utf-8", Some("a b")),
            ("multipart/form-data; charset=utf-8; boundary=x", Some("x")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"\"", None),
            ("multipart/form-data; boundary=\"a", None),
            ("multipart/form-data; boundary=a\"b", None),
            ("multipart/form-data; boundary=a\r\nb", None),
            ("multipart/form-data; boundary=\"a \"", None),
            ("multipart/form-data; boundary=a; boundary=b", None),
            ("multipart/mixed; boundary=a", None),
            ("application/x-www-form-urlencoded", None),
            ("", None),
        ] {
            assert_eq!(boundary(content_type), expected, "{content_type}");
        }
        let longest = format!("multipart/form-data; boundary={}", "b".repeat(70));
        assert!(boundary(&longest).is_some() && boundary(&format!("{longest}b")).is_none());
    }

    proptest! {
        #[test]
        fn any_cutting_gives_the_same(
            file in "([\r\n-]|------x1|[a-z]){0,60}",
            damage in prop::option::of((any::<usize>(), any::<u8>())),
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let mut body = form(file.as_bytes());
            if let Some((at, byte)) = damage {
                let at = at % body.len();
                body[at] = byte;
            }
            let every: Vec<usize> = (0..body.len()).collect();
            let whole = read(&body, &[]);
            prop_assert_eq!(&read(&body, &cuts), &whole);
            prop_assert_eq!(&read(&body, &every), &whole);
            if damage.is_none() && !file.contains("\r\n------x1") {
                prop_assert_eq!(whole.as_deref(), Ok(file.as_bytes()));
            }
        }
    }
}
