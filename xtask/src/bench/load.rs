//! Sends sealed tips to the letterbox over many kept connections of its unix socket, where tor brings them, and the loop
//! that its rate is compared with.
//!
//! The tips have the right outer form and random content: the letterbox cannot tell.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Instant, SystemTime};

use tipline_wire::date::Date;
use tipline_wire::outer;
use tipline_wire::size::{NONCE, Padded};

use crate::run::Result;

/// The recipients of the throw-away keys.
pub(crate) const RECIPIENTS: u8 = 3;
/// What requests over the unix socket name.
pub(super) const HOST: &str = "letterbox";

/// What a load measured.
pub(crate) struct Figures {
    /// Bytes of all tips.
    pub(crate) bytes: u64,
    /// Durable tips a second.
    pub(crate) rate: f64,
    /// The median time from the first byte sent to the answer.
    pub(crate) p50_ms: f64,
    /// The time that one in a hundred exceeded.
    pub(crate) p99_ms: f64,
}

/// Sends `tips` different small tips over `connections`; every one must be acknowledged.
pub(crate) fn send(door: &Path, connections: usize, tips: usize) -> Result<Figures> {
    let template = tip();
    let head = format!(
        "POST /tips/{} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        this_week()?,
        template.len()
    );
    let began = Instant::now();
    let times: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|worker| {
                let (head, mut body) = (&head, template.clone());
                let share = tips / connections + usize::from(worker < tips % connections);
                scope.spawn(move || -> std::io::Result<Vec<f64>> {
                    let mut connection = UnixStream::connect(door)?;
                    (0..share).map(|_| one(&mut connection, head, &mut body)).collect()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().map_err(|_| "a worker panicked".into()).and_then(|r| Ok(r?)))
            .collect::<Result<_>>()
    })?;
    let rate = tips as f64 / began.elapsed().as_secs_f64();
    let mut all = times.concat();
    all.sort_by(f64::total_cmp);
    let bytes = (tips * template.len()) as u64;
    Ok(Figures { bytes, rate, p50_ms: all[all.len() / 2], p99_ms: all[all.len() * 99 / 100] })
}

/// The Monday of this week.
pub(crate) fn this_week() -> Result<Date> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    Ok(Date::from_unix(now).ok_or("the clock is off")?.monday())
}

/// A small tip unlike any before, and what is unlike in it.
pub(super) fn unlike_any_before() -> std::io::Result<(Vec<u8>, String)> {
    let (mut tip, mut unlike) = (tip(), [0; 16]);
    File::open("/dev/urandom")?.read_exact(&mut unlike)?;
    let at = tip.len() - unlike.len();
    tip[at..].copy_from_slice(&unlike);
    Ok((tip, tipline_wire::hex::encode(&unlike)))
}

/// One tip, unlike any before; answers the milliseconds until it was acknowledged.
fn one(connection: &mut UnixStream, head: &str, body: &mut [u8]) -> std::io::Result<f64> {
    let unique = body.len() - 16;
    File::open("/dev/urandom")?.read_exact(&mut body[unique..])?;
    let began = Instant::now();
    connection.write_all(head.as_bytes())?;
    connection.write_all(body)?;
    expect(connection, 201)?;
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

/// Reads an answer, which must have this status.
pub(crate) fn expect(connection: &mut impl Read, status: u16) -> std::io::Result<()> {
    let (mut answer, mut piece) = (Vec::new(), [0; 2_048]);
    while !complete(&answer) {
        match connection.read(&mut piece)? {
            0 => return Err(std::io::Error::other("the letterbox closed the connection")),
            n => answer.extend_from_slice(&piece[..n]),
        }
    }
    if answer.starts_with(format!("HTTP/1.1 {status} ").as_bytes()) {
        return Ok(());
    }
    Err(std::io::Error::other(String::from_utf8_lossy(&answer).into_owned()))
}

/// Loads the page `count` times over 16 kept connections, compressed as browsers ask for it; pages a second.
pub(crate) fn pages(door: &Path, count: usize) -> Result<f64> {
    const CONNECTIONS: usize = 16;
    let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\n\r\n");
    let load = || -> std::io::Result<()> {
        let mut connection = UnixStream::connect(door)?;
        (0..count / CONNECTIONS).try_for_each(|_| page(&mut connection, &request))
    };
    let began = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(load)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| -> Result<()> { Ok(worker.join().map_err(|_| "a worker panicked")??) })
    })?;
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

fn page(connection: &mut UnixStream, request: &str) -> std::io::Result<()> {
    connection.write_all(request.as_bytes())?;
    let (mut answer, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    let mut whole = usize::MAX;
    while answer.len() < whole {
        match connection.read(&mut piece)? {
            0 => return Err(std::io::Error::other("the letterbox closed the connection")),
            n => answer.extend_from_slice(&piece[..n]),
        }
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        if let (Some(end), usize::MAX) = (end, whole) {
            let head = String::from_utf8_lossy(&answer[..end]).into_owned();
            let len =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            whole = end + 4 + len.ok_or_else(|| std::io::Error::other("no length"))?;
        }
    }
    Ok(())
}

/// Every answer's body has 256 bytes.
fn complete(answer: &[u8]) -> bool {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    end.is_some_and(|at| answer.len() >= at + 4 + tipline_wire::answer::PADDING)
}

/// A body with the right outer form for three recipients, 64 KiB of content.
fn tip() -> Vec<u8> {
    let mut tip = prefix();
    tip.resize(usize::try_from(Padded::SMALLEST.sealed_len(RECIPIENTS)).unwrap_or(0), 2);
    tip
}

/// Header and nonce for three recipients.
pub(crate) fn prefix() -> Vec<u8> {
    let text = |bytes: usize| "A".repeat((bytes * 8).div_ceil(6));
    let stanza = format!("{}\n{}\n", text(outer::ENC), text(outer::BODY));
    let mut tip = outer::VERSION.to_vec();
    for _ in 0..RECIPIENTS {
        tip.extend_from_slice(outer::STANZA_START);
        tip.extend_from_slice(stanza.as_bytes());
    }
    tip.extend_from_slice(format!("--- {}\n", text(outer::MAC)).as_bytes());
    tip.extend_from_slice(&[1; NONCE]);
    tip
}

/// Appends the same bytes in groups of `group`, each made durable with fdatasync; tips a second. Each tip of a group lies in
/// memory of its own, as those of different connections do.
pub(crate) fn append_loop(path: &Path, group: usize, tips: usize) -> Result<f64> {
    let group_of_tips = vec![tip(); group];
    let mut file = File::create(path)?;
    let began = Instant::now();
    let mut left = tips;
    while left > 0 {
        let now = group.min(left);
        group_of_tips.iter().take(now).try_for_each(|tip| file.write_all(tip))?;
        file.sync_data()?;
        left -= now;
    }
    let rate = tips as f64 / began.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}

/// CPU time that a process has used, user and system, in milliseconds.
pub(crate) fn cpu_ms(id: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    // Fields 14 and 15 of proc(5), in ticks of 10 ms; the two before the name are gone.
    let ticks: Vec<f64> =
        after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() * 10.0)
}

/// Resident memory of a process, in KiB.
pub(crate) fn memory_kib(id: u32) -> Result<u64> {
    status(id, "VmRSS:")
}

/// The most resident memory that a process ever had, in KiB.
pub(crate) fn most_memory_kib(id: u32) -> Result<u64> {
    status(id, "VmHWM:")
}

fn status(id: u32, field: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such figure")?;
    Ok(line.split_whitespace().next().ok_or("no such figure")?.parse()?)
}
