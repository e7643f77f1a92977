//! A file that goes into a tip: opened once, planned by `scrub`, read in pieces, and watched for changes until the end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use tipline_core::clean::{Content, Format, Plan, Planner, Step, Why};
use tipline_report::FileEntry;
use zeroize::Zeroizing;

use crate::order::{Form, Given};

/// What is said of a file that nobody looked into.
const UNKNOWN: &str = "application/octet-stream";

/// Why a file is not sent. Nothing is sent then.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("{0}. Check its name and that you may read it")]
    Unreadable(#[from] io::Error),
    /// A folder, a device, a pipe.
    #[error("it is not a file. Give each file by its own name")]
    NotAFile,
    /// No bytes.
    #[error("it is empty (0 bytes). Leave it out, or copy it again from where it came")]
    Empty,
    /// A format that is not cleaned: PDF, DOCX, ZIP and all others.
    #[error(
        "{what} cannot be cleaned, and it can contain your name. {instead}; or send it as it is with --original: it is sealed for \
         the organisation, and people there will see it",
        what = kind(*.0), instead = instead(*.0)
    )]
    Unknown(Format),
    /// A known format that cannot be cleaned.
    #[error(
        "its hidden data cannot be removed: {0}. Or send it as it is with --original: it can contain your name, it is sealed \
         for the organisation, and people there will see it"
    )]
    NotCleaned(Why),
    /// It is shorter or otherwise not what it was.
    #[error("it changed while it was being read. Close the programs that use it, then try again")]
    Changed,
}

/// What a file that is not cleaned is called.
fn kind(format: Format) -> &'static str {
    match format {
        Format::Pdf => "a PDF",
        Format::Office => "a document of an office program",
        Format::Zip => "a package of other files",
        _ => "its kind of file",
    }
}

/// What may be sent in place of it.
fn instead(format: Format) -> &'static str {
    match format {
        Format::Zip => "Unpack it and give the files one by one",
        _ => "A screenshot is safer",
    }
}

/// One file, open.
pub struct Evidence {
    /// As it was given.
    pub path: PathBuf,
    file: File,
    len: u64,
    modified: Option<SystemTime>,
    /// What of it is sealed.
    pub content: Content,
    /// What `tip.json` says of it.
    pub entry: FileEntry,
    /// The hidden data that is removed.
    pub found: Vec<String>,
    /// The ending for its format, without a dot; for the name that is shown instead of its own.
    pub extension: &'static str,
}

impl Evidence {
    /// Opens a file and decides what of it is sealed.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn open(given: &Given) -> Result<Self, FileError> {
        let (mut file, len, modified) = open(&given.path)?;
        let plan = plan(&mut file, len)?;
        let chosen = match (given.form, plan) {
            (_, Err(Why::Changed)) => return Err(FileError::Changed),
            (Form::Cleaned, Err(why)) => return Err(FileError::NotCleaned(why)),
            (Form::Cleaned, Ok(plan)) if !plan.is_cleaned() => {
                return Err(FileError::Unknown(plan.format()));
            }
            (Form::Cleaned, Ok(plan)) => Chosen::cleaned(plan),
            (Form::Original, plan) => Chosen::original(len, plan.ok().as_ref()),
        };
        let Chosen { content, media_type, form, found, extension } = chosen;
        let entry = FileEntry {
            media_type: media_type.to_owned(),
            size: content.len(),
            form: form.to_owned(),
            name: None,
        };
        Ok(Self { path: given.path.clone(), file, len, modified, content, entry, found, extension })
    }

    /// Reads exactly `len` bytes at `at` of the file as it stands on the disk.
    ///
    /// # Errors
    /// [`FileError::Changed`] when it has become shorter.
    pub fn read(&mut self, at: u64, len: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
        read(&mut self.file, at, len)
    }

    /// Whether it is still the file that was opened; asked after the last byte was read.
    ///
    /// # Errors
    /// [`FileError::Changed`].
    pub fn unchanged(&self) -> Result<(), FileError> {
        let now = self.file.metadata()?;
        let same = now.len() == self.len && now.modified().ok() == self.modified;
        if same { Ok(()) } else { Err(FileError::Changed) }
    }
}

/// What of a file is sealed, and what is said of it.
struct Chosen {
    content: Content,
    media_type: &'static str,
    form: &'static str,
    found: Vec<String>,
    extension: &'static str,
}

impl Chosen {
    fn cleaned(plan: Plan) -> Self {
        let found = plan.findings().iter().map(ToString::to_string).collect();
        let (media_type, extension) = (plan.format().media_type(), plan.format().extension());
        Self {
            content: Content::Cleaned(Rc::new(plan)),
            media_type,
            form: FileEntry::CLEANED,
            found,
            extension,
        }
    }

    fn original(len: u64, plan: Option<&Plan>) -> Self {
        let (media_type, extension) =
            plan.map_or((UNKNOWN, "bin"), |p| (p.format().media_type(), p.format().extension()));
        let content = Content::Original { len };
        Self { content, media_type, form: FileEntry::ORIGINAL, found: Vec::new(), extension }
    }
}

fn open(path: &Path) -> Result<(File, u64, Option<SystemTime>), FileError> {
    // Asked before opening: opening a pipe would wait for ever.
    if !path.metadata()?.is_file() {
        return Err(FileError::NotAFile);
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.len() == 0 {
        return Err(FileError::Empty);
    }
    Ok((file, about.len(), about.modified().ok()))
}

/// Lets `scrub` look at the file; the inner error is its refusal.
fn plan(file: &mut File, len: u64) -> Result<Result<Plan, Why>, FileError> {
    let mut planner = Planner::new(len);
    loop {
        match planner.step() {
            Step::Read { at, len } => {
                let bytes = read(file, at, len)?;
                planner.feed(&bytes);
            }
            Step::Refused(why) => return Ok(Err(why)),
            Step::Done => return Ok(planner.into_plan()),
        }
    }
}

fn read(file: &mut File, at: u64, len: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut bytes = Zeroizing::new(vec![0; len]);
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(&mut bytes) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(FileError::Changed),
        Err(e) => Err(e.into()),
        Ok(()) => Ok(bytes),
    }
}
