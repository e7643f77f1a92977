//! tor's control protocol over a unix socket, as far as the tests need it: one command, its reply.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A connection to one tor process.
pub struct Control(BufReader<UnixStream>);

impl Control {
    /// Opens it; whoever may open the socket's folder may say anything.
    pub fn open(socket: &Path) -> io::Result<Self> {
        let mut control = Self(BufReader::new(UnixStream::connect(socket)?));
        control.ask("AUTHENTICATE")?;
        Ok(control)
    }

    /// Sends a command; answers the lines of its reply without their codes, the closing "OK" left out.
    pub fn ask(&mut self, command: &str) -> io::Result<Vec<String>> {
        self.0.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
        let mut said = Vec::new();
        loop {
            let line = self.line()?;
            let (code, rest) = line.split_at_checked(4).ok_or_else(|| io::Error::other(line.clone()))?;
            match code {
                "250-" => said.push(rest.to_owned()),
                "250+" => {
                    said.push(rest.to_owned());
                    self.data(&mut said)?;
                }
                "250 " if rest == "OK" => return Ok(said),
                "250 " => {
                    said.push(rest.to_owned());
                    return Ok(said);
                }
                _ => return Err(io::Error::other(format!("{command}: {line}"))),
            }
        }
    }

    /// The lines of a longer value, up to the one with a full stop alone.
    fn data(&mut self, said: &mut Vec<String>) -> io::Result<()> {
        loop {
            let line = self.line()?;
            if line == "." {
                return Ok(());
            }
            said.push(line);
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}
