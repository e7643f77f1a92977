//! A stage for one test: a folder, keys, a signed intake document, a page, and the real server with raw sockets to it.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64Unpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use tipline_wire::date::{Date, Epoch};
use tipline_wire::intake::{Desk, EpochKeys, Intake, Site};
use tipline_wire::outer;
use tipline_wire::recipient::{RECIPIENT, Recipient};
use tipline_wire::size::{Padded, header_len};
use tipline_wire::sshsig::{self, PublicKey};

pub const RECIPIENTS: u8 = 2;
pub const PAGE: &str = concat!(
    "<!doctype html><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">\n",
    include_str!("../data/form-answers.html"),
    "<script type=\"application/json\" id=\"documents\">{}</script>\n<p>page</p>\n",
);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder that is removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tipline-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn today() -> Date {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Date::from_unix(now).unwrap()
}

pub fn this_week() -> Date {
    today().monday()
}

/// The root that signs, and what it signs.
pub struct Root(SigningKey);

impl Root {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    pub fn fingerprint(&self) -> String {
        self.public().fingerprint().to_string()
    }

    /// Writes the intake document that names one desk, [`Root::desk`], and its signature.
    pub fn sign(&self, folder: &Path, serial: u64) -> PathBuf {
        let text = intake(serial, &[("desk", &Self::desk())]).to_text().unwrap();
        self.write(folder, &format!("intake-{serial}"), sshsig::INTAKE, text.as_bytes())
    }

    /// The key of the desk that [`Root::sign`] names.
    pub fn desk() -> Self {
        Self::new(4)
    }

    /// Writes a document and its signature by this key.
    pub fn write(&self, folder: &Path, name: &str, namespace: &str, document: &[u8]) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, document).unwrap();
        fs::write(folder.join(format!("{name}.sig")), self.signature(namespace, document)).unwrap();
        path
    }

    /// The armored signature of a document.
    pub fn signature(&self, namespace: &str, document: &[u8]) -> String {
        let signature = self.0.sign(&sshsig::signed_data(namespace, document)).to_bytes();
        sshsig::armor(&self.public(), &signature, namespace)
    }
}

/// An intake document of these desks; its epochs begin three weeks ago.
pub fn intake(serial: u64, desks: &[(&str, &Root)]) -> Intake {
    let week = |n: i32| EpochKeys {
        epoch: Epoch::starting(this_week().plus_days(7 * n)).unwrap(),
        recipients: vec![Recipient::from_bytes([7; RECIPIENT]); RECIPIENTS.into()],
    };
    Intake {
        org: "Example <Relief>".into(),
        site: Site::Any,
        serial,
        issued: today(),
        slots: 16,
        desks: desks.iter().map(|(name, key)| Desk { name: (*name).into(), key: key.public() }).collect(),
        replaces: None,
        epochs: (-3..5).map(week).collect(),
    }
}

/// Bytes in the outer form of a sealed tip. The server cannot tell them from a real one: that is the point of it.
pub fn tip(seed: u64, padded: Padded, recipients: u8) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut byte = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    let mut random = |len: usize| (0..len).map(|_| byte()).collect::<Vec<u8>>();
    let mut bytes = outer::VERSION.to_vec();
    for _ in 0..recipients {
        let (enc, body) = (random(outer::ENC), random(outer::BODY));
        bytes.extend(outer::STANZA_START);
        bytes.extend(Base64Unpadded::encode_string(&enc).bytes());
        bytes.push(b'\n');
        bytes.extend(Base64Unpadded::encode_string(&body).bytes());
        bytes.push(b'\n');
    }
    bytes.extend(outer::MAC_START);
    bytes.push(b' ');
    bytes.extend(Base64Unpadded::encode_string(&random(outer::MAC)).bytes());
    bytes.push(b'\n');
    assert_eq!(bytes.len(), header_len(recipients));
    let rest = padded.sealed_len(recipients) as usize - bytes.len();
    bytes.extend(random(rest));
    bytes
}

pub fn small_tip(seed: u64) -> Vec<u8> {
    tip(seed, Padded::SMALLEST, RECIPIENTS)
}

pub fn post(epoch: Date, body: &[u8]) -> Vec<u8> {
    let head = format!("POST /tips/{epoch} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
}

/// A connection as tor makes it, over this circuit.
pub fn circuit_to(socket: &Path, circuit: u32) -> UnixStream {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (high, low) = (circuit >> 16, circuit & 0xffff);
    let line = format!("PROXY TCP6 fc00:dead:beef:4dad::{high:x}:{low:x} ::1 20 80\r\n");
    // Whoever is driven out at once finds out when it reads.
    let _ = stream.write_all(line.as_bytes());
    stream
}

/// An answer as it came over the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn says(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.split("\"say\":\"").nth(1).and_then(|t| t.split('"').next()).unwrap_or("").to_owned()
    }

    pub fn fields(&self) -> Vec<&str> {
        self.head.lines().skip(1).filter_map(|line| line.split(':').next()).collect()
    }
}

/// Reads one answer; `None` when the connection ended without one.
pub fn read_answer(stream: &mut impl Read) -> Option<Answer> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    if head.starts_with("HTTP/1.1 100") {
        return read_answer(stream);
    }
    let len =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; len];
    stream.read_exact(&mut body).ok()?;
    Some(Answer { status: head[9..12].parse().unwrap(), head, body })
}

/// The running server. Killed at the end, if it still runs.
pub struct Server {
    child: Child,
    pub address: String,
    journal: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// Everything a server needs, before it runs.
pub struct Stage {
    pub folder: Folder,
    pub root: Root,
    pub store: PathBuf,
    pub listen: String,
    pub config: Option<PathBuf>,
    /// Of the server's process.
    pub environment: Vec<(&'static str, OsString)>,
}

impl Stage {
    pub fn new() -> Self {
        let folder = Folder::new();
        fs::write(folder.0.join("page.html"), PAGE).unwrap();
        let store = folder.0.join("store");
        let listen = "127.0.0.1:0".into();
        Self { folder, root: Root::new(1), store, listen, config: None, environment: Vec::new() }
    }

    /// Gives the server a configuration.
    pub fn configure(&mut self, text: &str) {
        let path = self.folder.0.join("tipline.toml");
        fs::write(&path, text).unwrap();
        self.config = Some(path);
    }

    pub fn operator(&self) -> PathBuf {
        self.folder.0.join("operator.sock")
    }

    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tipline-server"));
        command.arg(name).arg("--operator").arg(format!("unix:{}", self.operator().display()));
        command.current_dir(&self.folder.0).env_clear().stdin(Stdio::null());
        command
    }

    pub fn serve_command(&self) -> Command {
        let mut command = self.command("serve");
        command.args(["--listen", &self.listen, "--root", &self.root.fingerprint()]);
        command.arg("--page").arg(self.folder.0.join("page.html")).arg("--store").arg(&self.store);
        command.arg("--config").arg(self.served_config()).envs(self.environment.iter().cloned());
        command
    }

    /// The configuration, and unless it has limits of its own: uploads whatever disk the tests run on.
    fn served_config(&self) -> PathBuf {
        let mut text =
            self.config.as_ref().map_or_else(String::new, |path| fs::read_to_string(path).unwrap());
        if !text.contains("[limits]") {
            text.push_str("\n[limits]\nlarge_stop_percent = 100\n");
        }
        let path = self.folder.0.join("served.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// Starts the server; panics with its journal when it does not come up.
    pub fn start(&self) -> Server {
        self.try_start().unwrap_or_else(|journal| panic!("the server did not start:\n{journal}"))
    }

    pub fn try_start(&self) -> Result<Server, String> {
        let mut child = self.serve_command().stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut so_far = String::new();
        let address = loop {
            let start = so_far.len();
            if lines.read_line(&mut so_far).unwrap() == 0 {
                child.wait().unwrap();
                return Err(so_far);
            }
            if let Some(address) = so_far[start..].trim_end().strip_prefix("listening on ") {
                break address.trim_start_matches("http://").to_owned();
            }
        };
        let journal = Arc::new(Mutex::new(so_far));
        let into = Arc::clone(&journal);
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
                into.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        Ok(Server { child, address, journal, reader: Some(reader) })
    }

    /// Starts it and publishes document 1.
    pub fn open(&self) -> Server {
        let server = self.start();
        let output = self.publish(&self.root.sign(&self.folder.0, 1));
        assert!(output.status.success(), "{output:?}");
        server.wait_for_journal("published");
        server
    }

    pub fn publish(&self, file: &Path) -> Output {
        self.command("publish").arg(file).output().unwrap()
    }

    /// Fetches a pickup; answers its path.
    pub fn fetch(&self) -> PathBuf {
        let out = self.folder.0.join(format!("pickup-{}.tar", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let output = self.command("pickup").arg("--out").arg(&out).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        out
    }

    /// Fetches a pickup and answers its tips, each with the week it stands under.
    pub fn pickup(&self) -> Vec<(String, Vec<u8>)> {
        let tips = entries(&fs::read(self.fetch()).unwrap()).into_iter().filter_map(|(name, bytes)| {
            let name = name.strip_prefix("tips/")?;
            Some((name.to_owned(), bytes))
        });
        tips.collect()
    }

    /// The sealed tips in the store, sorted.
    pub fn held(&self) -> Vec<Vec<u8>> {
        let mut tips: Vec<_> = self.pickup().into_iter().map(|(_, bytes)| bytes).collect();
        tips.sort_unstable();
        tips
    }
}

/// The entries of a tar.
pub fn entries(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut entries = Vec::new();
    let mut at = 0;
    while tar[at..at + 512] != [0; 512] {
        let header = tipline_wire::ustar::Header::parse(tar[at..at + 512].try_into().unwrap()).unwrap();
        let size = header.size as usize;
        entries.push((header.name, tar[at + 512..at + 512 + size].to_vec()));
        at += 512 + size.next_multiple_of(512);
    }
    entries
}

impl Server {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    pub fn unix(&self) -> UnixStream {
        UnixStream::connect(self.address.trim_start_matches("unix:")).unwrap()
    }

    /// A connection over this circuit, where tor says it.
    pub fn over(&self, circuit: u32) -> UnixStream {
        circuit_to(Path::new(self.address.trim_start_matches("unix:")), circuit)
    }

    /// Sends raw bytes, reads one answer.
    pub fn send(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        let _ = stream.write_all(bytes);
        read_answer(&mut stream)
    }

    pub fn post(&self, body: &[u8]) -> Answer {
        self.send(&post(this_week(), body)).expect("an answer")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn journal(&self) -> String {
        self.journal.lock().unwrap().clone()
    }

    /// Its lines come through a pipe: waits until this one has.
    pub fn wait_for_journal(&self, line: &str) {
        let began = std::time::Instant::now();
        while !self.journal().contains(line) {
            assert!(began.elapsed() < Duration::from_secs(20), "no line with {line:?}: {}", self.journal());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for its end: the exit code and the whole journal.
    pub fn wait(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        (status.code(), self.journal())
    }

    pub fn stop(self) -> (Option<i32>, String) {
        self.terminate();
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
