//! Large tips and many of them: one upload of 1 GiB, gigabytes taken in and held, a pickup of them; each beside plain
//! files of the same bytes on the same disk.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use sha2::{Digest as _, Sha256};
use tipline_wire::size::Padded;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{self, Declared};

use super::load;
use crate::run::{self, Result};
use crate::stage::{DOOR, Letterbox, Stage};

const MIB: f64 = 1_048_576.0;

/// One upload of 1 GiB over one connection, part after part, beside writing the same bytes and one fsync.
pub(crate) fn upload(stage: &Stage, page: &Path, root: &str) -> Result<()> {
    let mut letterbox = open(stage, page, root)?;
    let (at_rest, cpu) = (load::memory_kib(letterbox.id())?, load::cpu_ms(letterbox.id())?);
    let sent = send(&stage.at(DOOR), Padded::LARGEST)?;
    let cpu = (load::cpu_ms(letterbox.id())? - cpu) / 1_000.0;
    let plain = plain_file(&stage.at("plain.bin"), sent.bytes)?;
    println!(
        "1 GiB in {} parts: {:.1} s, {:.0} MB/s; the same bytes with one fsync {plain:.1} s: {:.2} of its rate",
        sent.parts,
        sent.seconds,
        sent.bytes as f64 / 1e6 / sent.seconds,
        plain / sent.seconds
    );
    println!("CPU of the letterbox {cpu:.2} s, {:.2} ms a MiB", cpu * 1_000.0 / (sent.bytes as f64 / MIB));
    println!(
        "memory: at rest {:.1} MiB, at most {:.1} MiB, now {:.1} MiB",
        mib(at_rest),
        mib(load::most_memory_kib(letterbox.id())?),
        mib(load::memory_kib(letterbox.id())?)
    );
    letterbox.stop()
}

/// Takes in `gib` of large and small tips; then the disk they need, a restart, and a pickup beside `tar`.
pub(crate) fn held(stage: &Stage, page: &Path, root: &str, gib: u64) -> Result<()> {
    let mut letterbox = open(stage, page, root)?;
    let mut taken = 0;
    let began = Instant::now();
    while taken < gib << 30 {
        taken += send(&stage.at(DOOR), Padded::holding(48 << 20).ok_or("no such size")?)?.bytes;
        taken += load::send(&stage.at(DOOR), 16, 800)?.bytes;
    }
    println!(
        "{:.2} GiB taken in, {:.0} MB/s",
        taken as f64 / MIB / 1_024.0,
        taken as f64 / 1e6 / began.elapsed().as_secs_f64()
    );
    println!(
        "memory: at most {:.1} MiB, now {:.1} MiB",
        mib(load::most_memory_kib(letterbox.id())?),
        mib(load::memory_kib(letterbox.id())?)
    );
    letterbox.stop()?;
    println!("on the disk: {:.2} bytes for each", disk_bytes(&stage.at("store"))? / taken as f64);
    let began = Instant::now();
    let mut letterbox = stage.serve_on_a_socket(page, root)?;
    println!(
        "start with them: {:.2} s until it listens; memory {:.1} MiB",
        began.elapsed().as_secs_f64(),
        mib(load::memory_kib(letterbox.id())?)
    );
    pickup(stage, taken)?;
    println!(
        "memory after the pickup {:.1} MiB, at most {:.1} MiB",
        mib(load::memory_kib(letterbox.id())?),
        mib(load::most_memory_kib(letterbox.id())?)
    );
    letterbox.stop()
}

fn pickup(stage: &Stage, bytes: u64) -> Result<()> {
    let began = Instant::now();
    run::run(stage.server(&["pickup", "--out"], &[&stage.at("held.tar")]).stdout(Stdio::null()))?;
    let ours = began.elapsed().as_secs_f64();
    let folder = stage.at("unpacked");
    std::fs::create_dir_all(&folder)?;
    run::run(Command::new("tar").arg("-xf").arg(stage.at("held.tar")).arg("-C").arg(&folder))?;
    std::fs::remove_file(stage.at("held.tar"))?;
    let began = Instant::now();
    run::run(Command::new("tar").arg("-cf").arg(stage.at("tar.tar")).arg("-C").arg(&folder).arg("."))?;
    File::open(stage.at("tar.tar"))?.sync_all()?;
    let tar = began.elapsed().as_secs_f64();
    let rate = |seconds: f64| bytes as f64 / 1e6 / seconds;
    println!(
        "pickup, verified: {:.0} MB/s; `tar` and fsync of the same files {:.0} MB/s: {:.2} of its rate",
        rate(ours),
        rate(tar),
        tar / ours
    );
    std::fs::remove_file(stage.at("tar.tar"))?;
    Ok(std::fs::remove_dir_all(&folder)?)
}

fn open(stage: &Stage, page: &Path, root: &str) -> Result<Letterbox> {
    let letterbox = stage.serve_on_a_socket(page, root)?;
    run::run(&mut stage.server(&["publish"], &[&stage.at("home/intake.txt")]))?;
    Ok(letterbox)
}

/// One upload.
pub(super) struct Sent {
    pub(super) bytes: u64,
    parts: u32,
    pub(super) seconds: f64,
}

fn send(door: &Path, padded: Padded) -> Result<Sent> {
    send_over(&mut UnixStream::connect(door)?, load::HOST, padded)
}

/// Sends one tip in parts over one kept connection, and commits it. Each part is unlike any before.
pub(super) fn send_over(connection: &mut (impl Read + Write), host: &str, padded: Padded) -> Result<Sent> {
    let declared = Declared { epoch: load::this_week()?, recipients: load::RECIPIENTS, padded };
    let token = token()?;
    let asking = Asking { host: host.to_owned(), authorization: upload::authorization(&token) };
    let began = Instant::now();
    asking.ask(connection, "POST /uploads", "", declared.body().as_bytes(), 201)?;
    let mut digests = Vec::new();
    for number in 0..declared.parts() {
        let part = part(&declared, number, &token)?;
        let digest: [u8; 32] = Sha256::digest(&part).into();
        let field = format!("Content-Digest: {}\r\n", upload::content_digest(&digest));
        asking.ask(connection, &format!("PUT /uploads/parts/{number}"), &field, &part, 200)?;
        digests.push(digest);
    }
    let id = TipId::of_parts(declared.parts(), digests);
    asking.ask(connection, "POST /uploads/commit", "", upload::commit_body(&id).as_bytes(), 201)?;
    Ok(Sent { bytes: declared.sealed_len(), parts: declared.parts(), seconds: began.elapsed().as_secs_f64() })
}

pub(super) fn token() -> Result<[u8; upload::TOKEN]> {
    let mut token = [0; upload::TOKEN];
    File::open("/dev/urandom")?.read_exact(&mut token)?;
    Ok(token)
}

/// Bytes in the form of this part, unlike those of any other upload.
pub(super) fn part(declared: &Declared, number: u32, token: &[u8; upload::TOKEN]) -> Result<Vec<u8>> {
    let (_, len) = declared.part(number).ok_or("no such part")?;
    let mut part = if number == 0 { load::prefix() } else { Vec::new() };
    part.resize(usize::try_from(len)?, 3);
    let end = part.len();
    part[end - 36..end - 4].copy_from_slice(token);
    part[end - 4..].copy_from_slice(&number.to_be_bytes());
    Ok(part)
}

struct Asking {
    host: String,
    authorization: String,
}

impl Asking {
    fn ask(
        &self,
        connection: &mut (impl Read + Write),
        what: &str,
        field: &str,
        body: &[u8],
        status: u16,
    ) -> Result<()> {
        let Self { host, authorization } = self;
        let head = format!(
            "{what} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n{field}Content-Length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes())?;
        connection.write_all(body)?;
        Ok(load::expect(connection, status)?)
    }
}

/// Seconds to write so many bytes into a new file and make them durable.
fn plain_file(path: &Path, bytes: u64) -> Result<f64> {
    let piece = vec![3; 1 << 20];
    let began = Instant::now();
    let mut file = File::create(path)?;
    for _ in 0..bytes.div_ceil(1 << 20) {
        file.write_all(&piece)?;
    }
    file.sync_all()?;
    let seconds = began.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(seconds)
}

/// Bytes that a folder really takes on the disk.
fn disk_bytes(folder: &Path) -> Result<f64> {
    let said = run::output(Command::new("du").args(["-s", "--block-size=1"]).arg(folder))?;
    Ok(said.split_whitespace().next().ok_or("du said nothing")?.parse()?)
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1_024.0
}
