//! A desk in a scratch folder, tips sealed for it, and pickups of any kind.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest, Sha256};
use tipline_analyst::cli;
use tipline_analyst::desk::{Progress, World};
use tipline_analyst::error::Error;
use tipline_analyst::randomness::Randomness;
use tipline_envelope::tip::{Step, TipSealer};
use tipline_envelope::{Fresh, PublicKey, fresh_len, seal_all};
use tipline_wire::date::Date;
use tipline_wire::intake::Intake;
use tipline_wire::pickup;
use tipline_wire::size::Padded;
use tipline_wire::tip_id::{TipHasher, TipId};
use tipline_wire::ustar::{self, Header};
use zeroize::Zeroizing;

pub(crate) const PASSPHRASE: &str = "seven invented words for a test";
/// The id of every pickup here.
pub(crate) const PICKUP: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const WEEK: &str = "2026-11-23";
pub(crate) const JSON: &[u8] = br#"{"schema":"tip-report/1","epoch":"2026-11-23","report":{"incident":["threatening_call"],"story":"They called my mother."},"files":[],"answer":null,"continues":null,"canary":null}"#;

/// A folder on a disk (`/tmp` may lie in memory) that is removed afterwards, with an offline `/sys/class/net` and a passphrase file.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("tipline-desk-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let scratch = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique));
        fs::create_dir_all(scratch.path("net")).unwrap();
        fs::write(scratch.path("pass"), format!("{PASSPHRASE}\n")).unwrap();
        scratch
    }

    /// With keys in `home`.
    pub(crate) fn with_keys() -> Self {
        let scratch = Self::new();
        scratch
            .run("keys init --home {}/home --org Relief --site any --yes --passphrase-file {}/pass")
            .unwrap();
        scratch
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// Runs a command line in which `{}` stands for this folder; answers what it printed.
    pub(crate) fn run(&self, line: &str) -> Result<String, Error> {
        let (result, out) = self.run_always(line);
        result.map(|()| out)
    }

    /// As [`Scratch::run`], with what was printed even when it failed.
    pub(crate) fn run_always(&self, line: &str) -> (Result<(), Error>, String) {
        self.run_typing(line, "")
    }

    /// As [`Scratch::run_always`], with what a person types.
    pub(crate) fn run_typing(&self, line: &str, typed: &str) -> (Result<(), Error>, String) {
        let folder = self.0.to_str().unwrap();
        let arguments = line.split(' ').map(|word| OsString::from(word.replace("{}", folder)));
        let mut fill = fill;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut world = World {
            today: Date::parse("2026-11-25").unwrap(),
            random: Randomness::new(&mut fill),
            interfaces: &self.path("net"),
            default_home: None,
            work: 4,
            cores: NonZeroUsize::new(2).unwrap(),
            input: &mut typed.as_bytes(),
            out: &mut out,
            err: &mut err,
            progress: Progress::Quiet,
        };
        let result = cli::parse(arguments).and_then(|call| world.run(call));
        (result, String::from_utf8(out).unwrap())
    }

    pub(crate) fn open(&self, files: &str) -> (Result<(), Error>, String) {
        let files: Vec<String> = files.split(' ').map(|file| format!("{{}}/{file}")).collect();
        self.run_always(&format!(
            "open {} --out {{}}/out --home {{}}/home --passphrase-file {{}}/pass",
            files.join(" ")
        ))
    }

    pub(crate) fn intake(&self) -> Intake {
        Intake::parse(&fs::read_to_string(self.path("home/intake.txt")).unwrap()).unwrap()
    }

    /// The recipients of the week.
    pub(crate) fn keys(&self) -> Vec<PublicKey> {
        let intake = self.intake();
        let week = intake.epoch(Date::parse(WEEK).unwrap()).unwrap();
        week.recipients.iter().map(|r| PublicKey::try_from(r).unwrap()).collect()
    }

    /// The opened folders' names.
    pub(crate) fn folders(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("out")) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The names in the folder for the courier.
    pub(crate) fn outgoing(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("home/for-the-courier")) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The only opened folder.
    pub(crate) fn only(&self) -> PathBuf {
        let names = self.folders();
        assert_eq!(names.len(), 1, "{names:?}");
        self.path("out").join(&names[0])
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[allow(clippy::disallowed_methods, reason = "a test is its own main")]
fn fill(buffer: &mut [u8]) -> io::Result<()> {
    getrandom::fill(buffer).map_err(|e| io::Error::other(e.to_string()))
}

pub(crate) fn fresh(recipients: usize) -> Fresh {
    let recipients = u8::try_from(recipients).unwrap();
    let mut bytes = Zeroizing::new(vec![0; fresh_len(recipients)]);
    fill(&mut bytes).unwrap();
    Fresh::new(bytes, recipients).unwrap()
}

/// A tip as the page makes it.
pub(crate) fn seal(keys: &[PublicKey], json: &[u8], files: &[&[u8]]) -> Vec<u8> {
    let sizes: Vec<u64> = files.iter().map(|f| f.len() as u64).collect();
    let mut sealed = Vec::new();
    seal_streaming(
        keys,
        json,
        &sizes,
        |file, at, len| files[file][at..][..len.min(files[file].len() - at)].to_vec(),
        |bytes| sealed.extend(bytes),
    );
    sealed
}

/// The same in constant memory.
pub(crate) fn seal_streaming(
    keys: &[PublicKey],
    json: &[u8],
    sizes: &[u64],
    read: impl Fn(usize, usize, usize) -> Vec<u8>,
    mut write: impl FnMut(&[u8]),
) {
    let mut sealer = TipSealer::new(json, sizes, keys, fresh(keys.len())).unwrap();
    loop {
        match sealer.step().unwrap() {
            Step::Read { file, at, len } => {
                let bytes = read(file, usize::try_from(at).unwrap(), len);
                sealer.feed(&bytes).unwrap();
            }
            Step::Sealed(bytes) => write(bytes),
            Step::Done => return,
        }
    }
}

/// A tip with any plaintext, padded.
pub(crate) fn seal_raw(keys: &[PublicKey], plain: &[u8]) -> Vec<u8> {
    let padded = usize::try_from(Padded::holding(plain.len() as u64).unwrap().bytes()).unwrap();
    let mut plain = plain.to_vec();
    plain.resize(padded, 0);
    seal_all(&plain, keys, fresh(keys.len())).unwrap()
}

pub(crate) fn id(sealed: &[u8]) -> TipId {
    let padded = Padded::from_sealed_len(3, sealed.len() as u64).unwrap();
    let mut hasher = TipHasher::new(3, padded);
    hasher.update(sealed);
    hasher.finish()
}

pub(crate) fn tar_entry(name: &str, content: &[u8]) -> Vec<u8> {
    let size = content.len() as u64;
    let header = Header { name: name.into(), size }.to_block().unwrap();
    [header.as_slice(), content, &vec![0; ustar::padding(size) as usize]].concat()
}

/// Changes a tar header and mends its checksum.
pub(crate) fn tamper(mut entry: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    entry[at..at + bytes.len()].copy_from_slice(bytes);
    entry[148..156].fill(b' ');
    let sum: u32 = entry[..512].iter().map(|b| u32::from(*b)).sum();
    entry[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    entry
}

/// A pickup's entries, to be joined; changed as a test likes.
pub(crate) struct Pickup {
    pub(crate) manifest: Vec<u8>,
    pub(crate) tips: Vec<(String, Vec<u8>)>,
    pub(crate) sums: String,
}

impl Pickup {
    pub(crate) fn of(tips: &[Vec<u8>]) -> Self {
        let week = Date::parse(WEEK).unwrap();
        let tips: Vec<(String, Vec<u8>)> =
            tips.iter().map(|tip| (pickup::tip_name(week, &id(tip)), tip.clone())).collect();
        let manifest = pickup::Manifest {
            schema: pickup::SCHEMA.into(),
            id: PICKUP.into(),
            site: "any".into(),
            weeks: vec![WEEK.into()],
            complete_through: Some(WEEK.into()),
            count: tips.len() as u64,
            bytes: tips.iter().map(|(_, tip)| tip.len() as u64).sum(),
        };
        let mut pickup = Self { manifest: serde_json::to_vec(&manifest).unwrap(), tips, sums: String::new() };
        pickup.sum_up();
        pickup
    }

    /// Writes the digests of what it holds now.
    pub(crate) fn sum_up(&mut self) {
        self.sums = pickup::sums_line(&Sha256::digest(&self.manifest).into(), pickup::MANIFEST);
        let line = |(name, tip): &(String, Vec<u8>)| pickup::sums_line(&Sha256::digest(tip).into(), name);
        self.sums.extend(self.tips.iter().map(line));
    }

    /// Changes the manifest's text, and its digest with it.
    pub(crate) fn claim(&mut self, from: &str, to: &str) {
        let manifest = String::from_utf8(self.manifest.clone()).unwrap();
        assert!(manifest.contains(from), "{manifest}");
        self.manifest = manifest.replace(from, to).into();
        self.sum_up();
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = tar_entry(pickup::MANIFEST, &self.manifest);
        self.tips.iter().for_each(|(name, tip)| out.extend(tar_entry(name, tip)));
        out.extend(tar_entry(pickup::SUMS, self.sums.as_bytes()));
        out.resize(out.len() + 1_024, 0);
        out
    }
}

/// Whether stock `ssh-keygen` accepts the signature in `X.sig` over `document`, by this key and for this purpose.
pub(crate) fn stock_verifies(
    scratch: &Scratch,
    key: &tipline_wire::sshsig::PublicKey,
    namespace: &str,
    file: &Path,
    document: &str,
) -> bool {
    let allowed = scratch.write("allowed", format!("signer {key}\n").as_bytes());
    let signature = format!("{}.sig", file.display());
    let mut ssh = std::process::Command::new("ssh-keygen");
    ssh.args(["-Y", "verify", "-n", namespace, "-I", "signer", "-s", &signature, "-f"]).arg(&allowed);
    ssh.stdin(fs::File::open(scratch.write("document", document.as_bytes())).unwrap());
    ssh.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    ssh.status().unwrap().success()
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
