//! `relay`: standard input and output are carried to the operator's socket and back. `fetch` starts it through `ssh`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;

use crate::error::Error;

/// A socket's worth of bytes.
const PIECE: usize = 64 << 10;

/// Carries until the server closes, or nobody reads any more.
///
/// # Errors
/// The server can't be reached.
pub fn relay(socket: &Path) -> Result<(), Error> {
    let unreachable = |fault| Error::Unreachable { path: socket.to_owned(), fault };
    let mut from_server = UnixStream::connect(socket).map_err(unreachable)?;
    let mut to_server = from_server.try_clone().map_err(unreachable)?;
    let input = unbuffered(io::stdin().as_fd()).map_err(unreachable)?;
    let output = unbuffered(io::stdout().as_fd()).map_err(unreachable)?;
    thread::spawn(move || {
        carry(input, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    // The end of this ends the process, and with it the other direction.
    carry(&mut from_server, output);
    Ok(())
}

/// Standard output would wait for the end of a line.
fn unbuffered(fd: BorrowedFd<'_>) -> io::Result<File> {
    fd.try_clone_to_owned().map(File::from)
}

/// A side that is gone ends it: there is nobody to tell.
fn carry(mut from: impl Read, mut to: impl Write) {
    let mut piece = vec![0; PIECE];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        let Some(bytes) = piece.get(..read) else { return };
        if to.write_all(bytes).is_err() {
            return;
        }
    }
}
