//! A volume's key: it wraps the volume's chunks, and when the volume is removed it is overwritten where it lies.
//!
//! sled leaves deleted bytes in its log, and a file system leaves removed files on the disk. Without the key they are
//! noise, also for whoever has the private keys of the week (T-01). Each key is a file of its own, so that it can lie on
//! another medium: `tipline-volume-key 1`, LF ‖ key, 32 bytes ‖ SHA-256 of all before and the volume's number, u64, 32
//! bytes ‖ zeros to 4 096. It is written whole, so that its block is there from the first day and overwriting it later
//! hits the same one. `tipline-volume-key erased`, LF ‖ zeros to 4 096 means that the removal of its volume was begun; zeros
//! alone are what a dying medium may give, and are damage.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use tipline_wire::date::Date;
use zeroize::{Zeroize, Zeroizing};

use super::record::CHUNK_KEY;
use super::{StoreError, durable};
use crate::world::World;

const MAGIC: &[u8; 21] = b"tipline-volume-key 1\n";
/// Over the key once it is erased.
const ERASED: &[u8; 26] = b"tipline-volume-key erased\n";
const KEY: usize = 32;
/// Bytes of a key file: a block of its own on every usual file system.
const FILE: usize = 4_096;
const TAG: usize = 16;
/// Bytes by which a wrapped chunk is longer than the chunk: nonce and tag.
pub(super) const WRAPPING: usize = NONCE_LEN + TAG;

/// Why a volume's key can't be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyFault {
    /// There is no such file.
    #[error("the key {} is missing", .0.display())]
    Missing(PathBuf),
    /// Its content is not what was written.
    #[error("the key {} is damaged", .0.display())]
    Damaged(PathBuf),
    /// The random generator failed.
    #[error("the system's random generator failed")]
    NoRandomness,
    /// The file system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The folder of keys.
#[derive(Debug, Clone)]
pub(super) struct Keys(PathBuf);

/// What a key file holds.
#[derive(Debug)]
pub(super) enum Found {
    /// A key.
    Key(VolumeKey),
    /// None any more: the volume was being removed.
    Erased,
}

impl Keys {
    /// Opens or creates the folder.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        durable::create_dir(dir)?;
        // What a crash left unfinished never wrapped anything.
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "new") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self(dir.to_owned()))
    }

    pub(super) fn path(&self, volume: u64) -> PathBuf {
        self.0.join(volume.to_string())
    }

    /// The volumes that have a key file, ascending.
    pub(super) fn volumes(&self) -> io::Result<Vec<u64>> {
        durable::numbers_in(&self.0)
    }

    /// Reads the key of a volume.
    pub(super) fn load(&self, volume: u64) -> Result<Found, KeyFault> {
        let path = self.path(volume);
        let mut content = match fs::read(&path) {
            Ok(content) => Zeroizing::new(content),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Err(KeyFault::Missing(path)),
            Err(fault) => return Err(fault.into()),
        };
        if is_erased(&content) {
            return Ok(Found::Erased);
        }
        let key = parse(volume, &mut content).and_then(|key| VolumeKey::new(&key));
        key.map(Found::Key).ok_or(KeyFault::Damaged(path))
    }

    /// The key of a volume that is about to be begun, durable. One that an earlier attempt left is taken.
    pub(super) fn make(&self, volume: u64, world: &World) -> Result<VolumeKey, KeyFault> {
        match self.load(volume) {
            Ok(Found::Key(key)) => return Ok(key),
            Ok(Found::Erased) => self.remove(volume)?,
            Err(KeyFault::Missing(_)) => {}
            Err(fault) => return Err(fault),
        }
        let key = Zeroizing::new(world.random::<KEY>().map_err(|_| KeyFault::NoRandomness)?);
        if key.iter().all(|byte| *byte == 0) {
            return Err(KeyFault::NoRandomness);
        }
        let content = Zeroizing::new(compose(volume, &key));
        durable::replace_file(&self.0, &volume.to_string(), &content)?;
        self.blur(volume, world.today())?;
        VolumeKey::new(&key).ok_or(KeyFault::Damaged(self.path(volume)))
    }

    /// Overwrites a key where it lies, durably: from now on nothing opens the volume.
    pub(super) fn erase(&self, volume: u64) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(self.path(volume))?;
        let mut erased = ERASED.to_vec();
        erased.resize(FILE, 0);
        file.write_all(&erased)?;
        file.sync_all()
    }

    /// Removes the file of an erased key, durably.
    pub(super) fn remove(&self, volume: u64) -> io::Result<()> {
        fs::remove_file(self.path(volume))?;
        durable::sync_dir(&self.0)
    }

    /// Sets the times of one key and of the folder back to the week.
    fn blur(&self, volume: u64, today: Date) -> io::Result<()> {
        durable::blur(&File::open(self.path(volume))?, today)?;
        durable::blur(&File::open(&self.0)?, today)
    }
}

/// Whether a key file says that its key was erased.
#[must_use]
pub fn is_erased(content: &[u8]) -> bool {
    let rest = content.strip_prefix(ERASED);
    content.len() == FILE && rest.is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
}

fn compose(volume: u64, key: &[u8; KEY]) -> Vec<u8> {
    let mut content = Vec::with_capacity(FILE);
    content.extend_from_slice(MAGIC);
    content.extend_from_slice(key);
    content.extend_from_slice(&checksum(volume, key));
    content.resize(FILE, 0);
    content
}

fn parse(volume: u64, content: &mut [u8]) -> Option<Zeroizing<[u8; KEY]>> {
    let (magic, rest) = content.split_first_chunk::<21>()?;
    let (key, rest) = rest.split_first_chunk::<KEY>()?;
    let (sum, rest) = rest.split_first_chunk::<32>()?;
    let sound = magic == MAGIC && *sum == checksum(volume, key) && rest.iter().all(|byte| *byte == 0);
    let key = (sound && content.len() == FILE).then_some(Zeroizing::new(*key));
    content.zeroize();
    key
}

fn checksum(volume: u64, key: &[u8; KEY]) -> [u8; 32] {
    Sha256::new_with_prefix(MAGIC).chain_update(key).chain_update(volume.to_be_bytes()).finalize().into()
}

/// A key in memory. The library wipes what it keeps of it.
#[derive(Debug)]
pub(super) struct VolumeKey(LessSafeKey);

impl VolumeKey {
    fn new(key: &[u8; KEY]) -> Option<Self> {
        Some(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?)))
    }

    /// Wraps the chunk that is kept under `at`: nonce, 12 bytes ‖ the chunk enciphered ‖ tag, 16 bytes (AES-256-GCM, NIST
    /// SP 800-38D). A volume has some hundreds of chunks: random nonces do not meet. `wrapped` is used again and again, so
    /// that it stays in the processor's cache.
    pub(super) fn wrap(
        &self,
        at: &[u8; CHUNK_KEY],
        chunk: &[u8],
        world: &World,
        wrapped: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        let broken = |what: &str| StoreError::Broken(what.into());
        let nonce = world.random::<NONCE_LEN>().map_err(|fault| broken(&fault.to_string()))?;
        wrapped.resize(chunk.len().saturating_add(WRAPPING), 0);
        let parts = wrapped.split_first_chunk_mut::<NONCE_LEN>().and_then(|(first, rest)| {
            let (text, tag) = rest.split_last_chunk_mut::<TAG>()?;
            Some((first, text, tag))
        });
        let (first, text, tag) = parts.ok_or_else(|| broken("a chunk could not be wrapped"))?;
        *first = nonce;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let sealed = self.0.seal_out_of_place_scatter(nonce, Aad::from(at), chunk, text, &[], tag);
        sealed.map_err(|_| broken("a chunk could not be wrapped"))
    }

    /// The chunk that was wrapped for `at`, if not a bit of it changed.
    pub(super) fn unwrap(&self, at: &[u8; CHUNK_KEY], wrapped: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LEN>().ok_or(StoreError::Damaged)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(at), &mut sealed);
        let len = opened.map_err(|_| StoreError::Damaged)?.len();
        sealed.truncate(len);
        Ok(sealed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::world::NoRandomness;

    fn world() -> World {
        let day = || Date::parse("2026-11-26").unwrap();
        let next = std::sync::atomic::AtomicU8::new(1);
        World::new(
            day,
            || Duration::ZERO,
            move |bytes| {
                bytes.fill(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
                Ok(())
            },
        )
    }

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("tipline-keys-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    fn key(found: Result<Found, KeyFault>) -> VolumeKey {
        match found {
            Ok(Found::Key(key)) => key,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_key_wrapped_it_opens_after_a_restart_and_in_its_place_only() {
        let (dir, world) = (folder("wrap"), world());
        let keys = Keys::open(&dir).unwrap();
        let mut wrapped = vec![9; 3];
        keys.make(7, &world).unwrap().wrap(&[1; CHUNK_KEY], b"sealed", &world, &mut wrapped).unwrap();
        assert_eq!(wrapped.len(), 6 + WRAPPING);
        let key = key(Keys::open(&dir).unwrap().load(7));
        assert_eq!(key.unwrap(&[1; CHUNK_KEY], &wrapped).unwrap(), b"sealed");
        assert_eq!(key.unwrap(&[2; CHUNK_KEY], &wrapped), Err(StoreError::Damaged));
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 1;
            assert_eq!(key.unwrap(&[1; CHUNK_KEY], &changed), Err(StoreError::Damaged));
        }
        assert_eq!(key.unwrap(&[1; CHUNK_KEY], &wrapped[..11]), Err(StoreError::Damaged));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_key_file_is_whole_erased_missing_or_damaged() {
        let (dir, world) = (folder("states"), world());
        let keys = Keys::open(&dir).unwrap();
        assert!(matches!(keys.load(1), Err(KeyFault::Missing(_))));
        keys.make(1, &world).unwrap();
        let whole = fs::read(dir.join("1")).unwrap();
        assert_eq!(whole.len(), FILE);
        key(keys.make(1, &world).map(Found::Key));
        assert_eq!(fs::read(dir.join("1")).unwrap(), whole, "a key that is there is never replaced");
        fs::copy(dir.join("1"), dir.join("2")).unwrap();
        assert!(matches!(keys.load(2), Err(KeyFault::Damaged(_))), "the key of another volume");
        assert!(matches!(keys.make(2, &world), Err(KeyFault::Damaged(_))));
        for (at, len) in [(0, FILE), (30, FILE), (60, FILE), (4_095, FILE), (0, 4_095), (0, 0)] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            changed.truncate(len);
            fs::write(dir.join("1"), changed).unwrap();
            assert!(matches!(keys.load(1), Err(KeyFault::Damaged(_))), "{at} {len}");
        }
        keys.erase(1).unwrap();
        let erased = fs::read(dir.join("1")).unwrap();
        assert!(erased.len() == FILE && erased[ERASED.len()..].iter().all(|byte| *byte == 0));
        assert!(matches!(keys.load(1), Ok(Found::Erased)));
        fs::write(dir.join("1"), [0; FILE]).unwrap();
        assert!(
            matches!(keys.load(1), Err(KeyFault::Damaged(_))),
            "a medium that gives zeros erased nothing"
        );
        keys.remove(1).unwrap();
        assert_eq!(keys.volumes().unwrap(), [2]);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn without_randomness_there_is_no_key_and_nothing_is_wrapped() {
        let dir = folder("randomness");
        let keys = Keys::open(&dir).unwrap();
        let day = || Date::parse("2026-11-26").unwrap();
        let failing = World::new(day, || Duration::ZERO, |_| Err(NoRandomness));
        let zeros = World::new(day, || Duration::ZERO, |_| Ok(()));
        for bad in [&failing, &zeros] {
            assert!(matches!(keys.make(1, bad), Err(KeyFault::NoRandomness)));
        }
        assert!(keys.volumes().unwrap().is_empty());
        let key = keys.make(1, &world()).unwrap();
        let wrapped = key.wrap(&[0; CHUNK_KEY], b"x", &failing, &mut Vec::new());
        assert!(matches!(wrapped, Err(StoreError::Broken(_))));
        fs::remove_dir_all(dir).unwrap();
    }
}
