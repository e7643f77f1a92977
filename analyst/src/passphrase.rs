//! The passphrase that closes the key files: from a file, or asked on the terminal without echo.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use zeroize::Zeroizing;

use crate::error::Error;

/// A new passphrase has at least this many characters.
pub const SHORTEST: usize = 12;
/// No passphrase is longer than this many bytes.
const LONGEST: u64 = 4_096;

/// A passphrase, wiped when dropped.
pub type Passphrase = Zeroizing<String>;

/// The passphrase of existing keys: from the file when there is one, else asked once.
///
/// # Errors
/// No readable file, or no terminal to ask on.
pub fn existing(file: Option<&Path>) -> Result<Passphrase, Error> {
    file.map_or_else(|| ask("Passphrase: "), from_file)
}

/// The passphrase of keys that are about to be made: long enough, and typed twice the same.
///
/// # Errors
/// As [`existing`]; too short; not the same twice.
pub fn new(file: Option<&Path>) -> Result<Passphrase, Error> {
    let choose = "choosing a passphrase";
    let passphrase = match file {
        Some(path) => from_file(path)?,
        None => {
            let first = ask(&format!(
                "New passphrase, at least {SHORTEST} characters (six random words are good): "
            ))?;
            if *first != *ask("The same once more: ")? {
                return Err(Error::failed(
                    choose,
                    "the two were not the same",
                    "run the command again; nothing was made",
                ));
            }
            first
        }
    };
    if passphrase.chars().count() < SHORTEST {
        let wrong = format!("it has fewer than {SHORTEST} characters");
        return Err(Error::failed(
            choose,
            wrong,
            "take a longer one, for example six random words; nothing was made",
        ));
    }
    Ok(passphrase)
}

/// The file's one line, without its line break.
fn from_file(path: &Path) -> Result<Passphrase, Error> {
    let doing = format!("reading the passphrase file {}", path.display());
    let file = File::open(path)
        .map_err(|e| Error::failed(&doing, e, "check the path given with --passphrase-file"))?;
    one_line(file).ok_or_else(|| {
        Error::failed(&doing, "it is not one line of text", "write the passphrase as its only line")
    })
}

fn one_line(input: impl Read) -> Option<Passphrase> {
    // One allocation, so that no outgrown copy of the passphrase stays behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).ok()?.saturating_add(1)));
    input.take(LONGEST.saturating_add(1)).read_to_end(&mut bytes).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let sound =
        !text.is_empty() && u64::try_from(bytes.len()).ok()? <= LONGEST && !text.contains(['\n', '\r', '\0']);
    sound.then(|| Zeroizing::new(text.to_owned()))
}

fn ask(prompt: &str) -> Result<Passphrase, Error> {
    let no_terminal = |wrong: &dyn std::fmt::Display| {
        Error::failed(
            "asking for the passphrase",
            wrong,
            "run it on a terminal, or give --passphrase-file FILE",
        )
    };
    let mut terminal =
        File::options().read(true).write(true).open("/dev/tty").map_err(|e| no_terminal(&e))?;
    let line = {
        // Before the prompt: whoever types at once must not be shown either.
        let _silence = Silence::over(&terminal).map_err(|e| no_terminal(&e))?;
        (&terminal).write_all(prompt.as_bytes()).map_err(|e| no_terminal(&e))?;
        read_line(&terminal)
    };
    // The Enter was not echoed either.
    let _ = writeln!(terminal);
    line.ok_or_else(|| no_terminal(&"nothing was typed"))
}

fn read_line(terminal: &File) -> Option<Passphrase> {
    let mut line = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).ok()?.saturating_add(1)));
    BufReader::with_capacity(1, terminal.take(LONGEST)).read_until(b'\n', &mut line).ok()?;
    one_line(line.as_slice())
}

/// Echo off while this lives.
struct Silence<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silence<'a> {
    fn over(terminal: &'a File) -> rustix::io::Result<Self> {
        let before = termios::tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        termios::tcsetattr(terminal, OptionalActions::Now, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        // Nothing better can be done here: the shell restores the terminal too.
        let _ = termios::tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_file_holds_one_line() {
        for (bytes, expected) in [
            (b"correct horse battery\n".as_slice(), Some("correct horse battery")),
            (b"correct horse battery\r\n", Some("correct horse battery")),
            (b" spaces count ", Some(" spaces count ")),
            ("密码".as_bytes(), Some("密码")),
            (b"two\nlines\n", None),
            (b"\xff\xfe", None),
            (b"", None),
            (b"\n", None),
        ] {
            assert_eq!(one_line(bytes).as_deref().map(String::as_str), expected, "{bytes:?}");
        }
        assert!(one_line(std::io::repeat(b'x')).is_none(), "an endless file");
    }

    #[test]
    fn a_new_one_is_long_and_an_error_never_shows_it() {
        let scratch = Scratch::new("passphrase");
        let short = scratch.private_file("short", b"hunter2");
        let line = new(Some(&short)).unwrap_err().to_string();
        assert!(line.contains("fewer than 12") && !line.contains("hunter2"), "{line}");
        assert_eq!(existing(Some(&short)).unwrap().as_str(), "hunter2");
        assert!(existing(Some(&scratch.path().join("absent"))).is_err());
    }
}
