//! `backup --out FOLDER`: fetches what is sealed from the running server, keys first, into two files of one generation.

use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::{Method, Response, StatusCode};
use serde::Serialize;
use tipline_wire::hex;

use super::reach::Reach;
use super::session::{Session, refusal};
use crate::backup::half::{self, BackupFault};
use crate::backup::serve::Listed;
use crate::backup::writer::Writer;
use crate::backup::{Half, Manifest, SCHEMA};
use crate::client::flags::Print;
use crate::error::Error;
use crate::store::is_erased;
use crate::store::{Archived, SealedFile};
use crate::terminal::{Progress, Unit};
use crate::world::World;

/// The longest list, in bytes: about a hundred for each volume.
const LONGEST_LIST: usize = 64 << 20;
/// A key file is shorter, in bytes.
const LONGEST_KEY: usize = 64 << 10;

/// A backup that is whole.
#[derive(Debug)]
pub struct Done {
    /// 32 hex digits.
    pub generation: String,
    /// Sealed volumes in it.
    pub volumes: usize,
    /// The file of volumes and documents.
    pub volumes_file: PathBuf,
    /// The file of keys.
    pub keys_file: PathBuf,
}

#[derive(Serialize)]
struct Report<'a> {
    generation: &'a str,
    volumes: usize,
    volumes_file: &'a Path,
    keys_file: &'a Path,
}

impl Done {
    /// What was done, and plainly what was not.
    #[must_use]
    pub fn tell(&self, print: Print) -> String {
        let Self { generation, volumes, volumes_file, keys_file } = self;
        if print == Print::Json {
            let report = Report { generation, volumes: *volumes, volumes_file, keys_file };
            return serde_json::to_string(&report).unwrap_or_default() + "\n";
        }
        format!(
            "{volumes} sealed volumes and the documents in {}\ntheir keys in {}: keep it apart\n\
             not in it: the open volume, which has the newest tips, and tor's onion key\n\
             a key that was copied survives its erasure until that file is destroyed\n",
            volumes_file.display(),
            keys_file.display()
        )
    }
}

struct Taking<'a> {
    session: Session,
    folder: &'a Path,
    /// What is in it, except for which half it is.
    manifest: Manifest,
    files: Vec<Archived>,
}

/// Makes a backup in `folder`.
///
/// # Errors
/// The server can't be reached or refused, the disk did, or what was written is not what was read. Nothing is left behind.
pub async fn backup(socket: &Path, folder: &Path, world: &World) -> Result<Done, Error> {
    std::fs::create_dir_all(folder).map_err(file("create", folder))?;
    let mut taking = Taking::begin(socket, folder, world).await?;
    let (mut keys, numbers) = taking.keys().await?;
    let mut volumes = taking.volumes(&numbers).await?;
    // What was written is read again before either file gets its name.
    let kept =
        check(&mut volumes, &mut keys).map_err(|fault| Error::Backup { path: folder.to_owned(), fault })?;
    let place = |writer: Writer| writer.put_in_place().map_err(file("write", folder));
    let (keys_file, volumes_file) = (place(keys)?, place(volumes)?);
    Ok(Done { generation: taking.manifest.generation, volumes: kept, volumes_file, keys_file })
}

fn check(volumes: &mut Writer, keys: &mut Writer) -> Result<usize, BackupFault> {
    let read = |writer: &mut Writer, half| {
        let file = writer.finish().map_err(crate::tar_file::TarFault::from)?;
        half::check(&mut BufReader::new(file), half)
    };
    let (volumes, keys) = (read(volumes, Half::Volumes)?, read(keys, Half::Keys)?);
    half::pair(&volumes, &keys)?;
    Ok(volumes.volumes().count())
}

impl<'a> Taking<'a> {
    async fn begin(socket: &Path, folder: &'a Path, world: &World) -> Result<Self, Error> {
        let mut session = Session::open(&Reach::Operator(socket.to_owned())).await?;
        let response = session.request(Method::GET, "/backup", None, Bytes::new()).await?;
        if response.status() != StatusCode::OK {
            return Err(refusal(response).await);
        }
        let listed: Listed = serde_json::from_slice(&bounded(response, LONGEST_LIST).await?)
            .map_err(|fault| Error::Answer(fault.to_string()))?;
        let files = listed.files.iter().map(|name| Archived::of_name(name)).collect::<Option<Vec<_>>>();
        let files = files.ok_or_else(|| Error::Answer("a file of the list has no name of ours".into()))?;
        let random = world.random::<16>().map_err(|fault| Error::Answer(fault.to_string()))?;
        let manifest = Manifest {
            schema: SCHEMA.into(),
            half: Half::Volumes,
            generation: hex::encode(&random),
            store: listed.store,
            week: world.today().monday().to_string(),
        };
        Ok(Self { session, folder, manifest, files })
    }

    fn writer(&self, half: Half) -> Result<Writer, Error> {
        let manifest = Manifest { half, ..self.manifest.clone() };
        Writer::begin(self.folder, &manifest).map_err(file("write", self.folder))
    }

    /// All keys first, so that no volume is in a backup whose key is not; answers which there are.
    async fn keys(&mut self) -> Result<(Writer, Vec<u64>), Error> {
        let mut writer = self.writer(Half::Keys)?;
        let mut numbers = Vec::new();
        for archived in self.files.clone() {
            let Archived::Key { volume } = archived else { continue };
            let Some(response) = self.fetch(&archived).await? else { continue };
            let key = bounded(response, LONGEST_KEY).await?;
            // Of a volume that is being removed there is none any more.
            if !is_erased(&key) {
                writer.whole(&archived.name(), &key).map_err(file("write", self.folder))?;
                numbers.push(volume);
            }
        }
        Ok((writer, numbers))
    }

    /// The volumes with these keys, then the documents.
    async fn volumes(&mut self, numbers: &[u64]) -> Result<Writer, Error> {
        let mut writer = self.writer(Half::Volumes)?;
        let mut progress = Progress::of(Unit::Volumes, u64::try_from(numbers.len()).unwrap_or(0), 0);
        for volume in numbers {
            let mark = writer.mark().map_err(file("write", self.folder))?;
            for sealed in SealedFile::ALL {
                let archived = Archived::Sealed { volume: *volume, file: sealed };
                let there = self.copy(&archived, &mut writer).await?;
                if !there && sealed != SealedFile::Index {
                    // Removed meanwhile: it is not in this backup.
                    writer.back_to(mark).map_err(file("write", self.folder))?;
                    break;
                }
            }
            progress.add(1);
        }
        for archived in self.files.clone() {
            if let Archived::Document(_) = archived {
                self.copy(&archived, &mut writer).await?;
            }
        }
        Ok(writer)
    }

    /// Copies a file; `false` when it is not there any more.
    async fn copy(&mut self, archived: &Archived, writer: &mut Writer) -> Result<bool, Error> {
        let Some(response) = self.fetch(archived).await? else { return Ok(false) };
        let written = |done: io::Result<()>| done.map_err(file("write", self.folder));
        let mut body = response.into_body();
        let size = body.size_hint().exact().ok_or_else(|| Error::Answer("a file without a length".into()))?;
        written(writer.start(&archived.name(), size))?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|fault| Error::Answer(fault.to_string()))?;
            if let Ok(piece) = frame.into_data() {
                written(writer.piece(&piece))?;
            }
        }
        written(writer.end())?;
        Ok(true)
    }

    /// A file's answer; `None` when it is not there any more.
    async fn fetch(&mut self, archived: &Archived) -> Result<Option<Response<Incoming>>, Error> {
        let path = format!("/backup/{}", archived.name());
        let response = self.session.request(Method::GET, &path, None, Bytes::new()).await?;
        match response.status() {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::NOT_FOUND => {
                bounded(response, LONGEST_KEY).await?;
                Ok(None)
            }
            _ => Err(refusal(response).await),
        }
    }
}

async fn bounded(response: Response<Incoming>, longest: usize) -> Result<Bytes, Error> {
    let body = Limited::new(response.into_body(), longest).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|fault| Error::Answer(fault.to_string()))
}

fn file(what: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_owned();
    move |fault| Error::File { what, path: path.clone(), fault }
}
