//! The terminal as `main` gives it to the command: where signals come in, and what is typed until one does.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use crate::interrupt::{CTRL_C, Interrupt, clear, control};

/// So long the command may take to end by itself.
#[cfg(unix)]
const MOMENT: Duration = Duration::from_millis(500);

/// What is typed, until a signal comes.
pub struct Typed {
    #[cfg(unix)]
    wake: std::os::unix::net::UnixStream,
}

#[cfg(unix)]
impl Typed {
    /// Begins to wait for signals.
    ///
    /// # Errors
    /// The system gives no socket or no handler.
    pub fn watched(interrupt: &Interrupt) -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

        let (wake, waker) = std::os::unix::net::UnixStream::pair()?;
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT])?;
        let interrupt = interrupt.clone();
        thread::spawn(move || {
            let mut waker = Some(waker);
            for signal in &mut signals {
                if interrupt.language().is_none() {
                    // Nothing is shown that could betray somebody.
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
                interrupt.come(u8::try_from(signal).unwrap_or(CTRL_C));
                // Only the first one ends it: a second must not leave a receipt on the screen.
                let Some(waker) = waker.take() else { continue };
                drop(waker);
                let interrupt = interrupt.clone();
                thread::spawn(move || {
                    thread::sleep(MOMENT);
                    end(&interrupt)
                });
            }
        });
        Ok(Self { wake })
    }
}

#[cfg(unix)]
impl Read for Typed {
    /// Without a buffer of its own: nothing that was typed stays in one.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, poll};

        let stdin = rustix::stdio::stdin();
        loop {
            let mut wait = [PollFd::new(&self.wake, PollFlags::IN), PollFd::new(&stdin, PollFlags::IN)];
            match poll(&mut wait, None) {
                Err(rustix::io::Errno::INTR) => continue,
                polled => polled?,
            };
            let [wake, stdin_is] = wait;
            if !wake.revents().is_empty() {
                return Err(io::Error::other("ended by a signal"));
            }
            if !stdin_is.revents().is_empty() {
                return Ok(rustix::io::read(stdin, buf)?);
            }
        }
    }
}

#[cfg(not(unix))]
impl Typed {
    /// Begins to wait for Ctrl-C.
    ///
    /// # Errors
    /// The system gives no handler.
    pub fn watched(interrupt: &Interrupt) -> io::Result<Self> {
        use signal_hook::consts::SIGINT;

        /// A console cannot be waited for together with anything else.
        const LOOK: Duration = Duration::from_millis(50);

        let pressed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        signal_hook::flag::register(SIGINT, std::sync::Arc::clone(&pressed))?;
        let interrupt = interrupt.clone();
        thread::spawn(move || {
            while !pressed.load(std::sync::atomic::Ordering::SeqCst) {
                thread::sleep(LOOK);
            }
            interrupt.come(CTRL_C);
            end(&interrupt)
        });
        Ok(Self {})
    }
}

#[cfg(not(unix))]
impl Read for Typed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        io::stdin().read(buf)
    }
}

/// Ends the command from outside: empties the screen, and the other one where a receipt is shown, and says what was sent.
fn end(interrupt: &Interrupt) {
    let mut screen = io::stderr();
    if let Some(language) = interrupt.language() {
        control(&mut screen, "\x1b[H\x1b[2J\x1b[?1049l");
        clear(&mut screen);
        let said = interrupt.sentences().into_iter().map(|key| language.say(key, &[]));
        let said = said.chain([language.say("seal-cleared", &[])]).collect::<Vec<_>>().join("\n");
        let _ = io::Write::write_all(&mut screen, format!("{said}\n").as_bytes());
    }
    std::process::exit(interrupt.exit_code().unwrap_or(1).into())
}
