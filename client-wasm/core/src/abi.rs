//! The module's raw exports, and the project's only unsafe code. Nothing is imported, every number has 32 bits.
//!
//! Why unsafe, and why it is sound:
//! - A name without mangling could clash with another symbol; this module is linked alone, and a test has its exact list.
//! - The state is one `static`. WebAssembly without shared memory has one thread, nothing is imported, so no export runs
//!   inside another, and each borrow ends before its export returns.
//! - No pointer is ever read here. `input` gives out the address of a buffer that stays where it is until the next call;
//!   the page writes exactly that many bytes into it between two calls.
//!
//! Use: `input(len)`, write there, call; then read `output_len()` bytes at `output()`. See [`crate::session`].
#![allow(unsafe_code, reason = "argued above")]

use alloc::vec::Vec;
use core::cell::UnsafeCell;

use zeroize::Zeroizing;

use crate::session::Session;

/// The most that the page hands in at once: two documents of the greatest length, escaped.
const MOST: usize = crate::documents::LONGEST + 4_096;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

struct State {
    session: Option<Session>,
    input: Zeroizing<Vec<u8>>,
}

struct Only(UnsafeCell<Option<State>>);

// SAFETY: there is one thread; see the top of this file.
unsafe impl Sync for Only {}

static ONLY: Only = Only(UnsafeCell::new(None));

fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    // SAFETY: no export runs inside another, so this is the only reference; it ends with `work`.
    let only = unsafe { &mut *ONLY.0.get() };
    work(only.get_or_insert_with(|| State { session: None, input: Zeroizing::default() }))
}

fn session<T>(work: impl FnOnce(&mut Session, Zeroizing<Vec<u8>>) -> T) -> T {
    with(|state| {
        let input = core::mem::take(&mut state.input);
        work(state.session.get_or_insert_with(Session::default), input)
    })
}

/// Every address and length of this module fits: its memory has 32-bit addresses.
fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Makes room for `len` bytes of input; answers where, or 0 when that is too much.
#[unsafe(no_mangle)]
extern "C" fn input(len: u32) -> u32 {
    with(|state| {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len > MOST {
            return 0;
        }
        state.input = Zeroizing::new(alloc::vec![0; len]);
        number(state.input.as_mut_ptr().expose_provenance())
    })
}

/// Where the last call's output is.
#[unsafe(no_mangle)]
extern "C" fn output() -> u32 {
    session(|session, _| number(session.output().as_ptr().expose_provenance()))
}

/// How many bytes the last call's output has.
#[unsafe(no_mangle)]
extern "C" fn output_len() -> u32 {
    session(|session, _| number(session.output().len()))
}

/// Which file is to be read.
#[unsafe(no_mangle)]
extern "C" fn want_file() -> u32 {
    session(|session, _| session.want().file)
}

/// From where.
#[unsafe(no_mangle)]
extern "C" fn want_at() -> u32 {
    session(|session, _| session.want().at)
}

/// How many bytes.
#[unsafe(no_mangle)]
extern "C" fn want_len() -> u32 {
    session(|session, _| session.want().len)
}

/// [`Session::check`]
#[unsafe(no_mangle)]
extern "C" fn check(today: u32) -> u32 {
    session(|session, input| session.check(&input, today))
}

/// [`Session::board_start`]
#[unsafe(no_mangle)]
extern "C" fn board_start(len: u32) -> u32 {
    session(|session, input| session.board_start(&input, len))
}

/// [`Session::board_feed`]
#[unsafe(no_mangle)]
extern "C" fn board_feed() -> u32 {
    session(|session, input| session.board_feed(&input))
}

/// [`Session::board_end`]
#[unsafe(no_mangle)]
extern "C" fn board_end(today: u32) -> u32 {
    session(|session, _| session.board_end(today))
}

/// [`Session::finished`]
#[unsafe(no_mangle)]
extern "C" fn finished(len: u32, week: u32) -> u32 {
    session(|session, input| session.finished(&input, len, week))
}

/// [`Session::finished_step`]
#[unsafe(no_mangle)]
extern "C" fn finished_step() -> u32 {
    session(|session, _| session.finished_step())
}

/// [`Session::finished_feed`]
#[unsafe(no_mangle)]
extern "C" fn finished_feed() -> u32 {
    session(|session, input| session.finished_feed(&input))
}

/// [`Session::receipt`]
#[unsafe(no_mangle)]
extern "C" fn receipt() -> u32 {
    session(|session, input| session.receipt(&input))
}

/// [`Session::clean_start`]
#[unsafe(no_mangle)]
extern "C" fn clean_start(len: u32) -> u32 {
    session(|session, _| session.clean_start(len))
}

/// [`Session::clean_step`]
#[unsafe(no_mangle)]
extern "C" fn clean_step(file: u32) -> u32 {
    session(|session, _| session.clean_step(file))
}

/// [`Session::clean_feed`]
#[unsafe(no_mangle)]
extern "C" fn clean_feed(file: u32) -> u32 {
    session(|session, input| session.clean_feed(file, &input))
}

/// [`Session::tip`]
#[unsafe(no_mangle)]
extern "C" fn tip() {
    session(Session::tip);
}

/// [`Session::add_cleaned`]
#[unsafe(no_mangle)]
extern "C" fn add_cleaned(file: u32) -> u32 {
    session(|session, _| session.add_cleaned(file))
}

/// [`Session::add_original`]
#[unsafe(no_mangle)]
extern "C" fn add_original(len: u32) -> u32 {
    session(|session, _| session.add_original(len))
}

/// [`Session::tar_len`]
#[unsafe(no_mangle)]
extern "C" fn tar_len() -> u32 {
    session(|session, _| session.tar_len())
}

/// [`Session::seal_start`]
#[unsafe(no_mangle)]
extern "C" fn seal_start() -> u32 {
    session(Session::seal_start)
}

/// [`Session::upload`]
#[unsafe(no_mangle)]
extern "C" fn upload() -> u32 {
    session(|session, input| session.upload(&input))
}

/// [`Session::seal_step`]
#[unsafe(no_mangle)]
extern "C" fn seal_step() -> u32 {
    session(|session, _| session.seal_step())
}

/// [`Session::seal_feed`]
#[unsafe(no_mangle)]
extern "C" fn seal_feed() -> u32 {
    session(|session, input| session.seal_feed(&input))
}

/// Leave: everything that was handed in or made is wiped. The page then also overwrites the module's whole memory.
#[unsafe(no_mangle)]
extern "C" fn wipe() {
    with(|state| {
        state.session = None;
        state.input = Zeroizing::default();
    });
}
