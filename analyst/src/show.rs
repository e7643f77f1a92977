//! `show`: opened tips, for a person or as JSON Lines.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tipline_report::visible;

use crate::about::About;
use crate::error::Error;
use crate::json_text;
use crate::tip_folder::{TIP_JSON, TIP_TXT};

/// No more than this is read of a tip's text, in bytes: more than the desk itself ever writes.
const LONGEST_TEXT: u64 = 64 << 20;
/// No more than this is read of a `tip.json`, in bytes, as when it was opened.
const LONGEST_JSON: u64 = 1 << 20;
const _: () = assert!(tipline_report::read::MAX_READ == 1 << 20);

/// One opened tip's folder.
pub struct Shown {
    folder: PathBuf,
    about: About,
}

/// The tips in the given folders: each is a tip's folder or holds such folders. By name, which begins with the week.
///
/// # Errors
/// A folder can't be read, or holds no opened tip.
pub fn find(folders: &[PathBuf]) -> Result<Vec<Shown>, Error> {
    let mut tips = Vec::new();
    for folder in folders {
        let doing = format!("looking for opened tips in {}", folder.display());
        let found = find_in(folder)
            .map_err(|e| Error::failed(&doing, e, "name the folder that was given to `open --out`"))?;
        if found.is_empty() {
            return Err(Error::failed(
                doing,
                "there are none",
                "name the folder that was given to `open --out`",
            ));
        }
        tips.extend(found);
    }
    Ok(tips)
}

fn find_in(folder: &Path) -> io::Result<Vec<Shown>> {
    if let Some(about) = About::read(folder) {
        return Ok(vec![Shown { folder: folder.to_owned(), about }]);
    }
    let mut names =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names
        .into_iter()
        .filter_map(|path| About::read(&path).map(|about| Shown { folder: path, about }))
        .collect())
}

impl Shown {
    /// The tip's text for a terminal.
    ///
    /// # Errors
    /// `tip.txt` can't be read.
    pub fn text(&self) -> Result<String, Error> {
        let text = self.read(TIP_TXT, LONGEST_TEXT)?.unwrap_or_default();
        // Made visible when it was written; once more, because the folder may come from elsewhere. The mark stays as it is.
        let pieces: Vec<String> = String::from_utf8_lossy(&text).split('⟦').map(visible::prose).collect();
        Ok(pieces.join("⟦"))
    }

    /// The tip as one line of JSON.
    ///
    /// # Errors
    /// `tip.json` can't be read.
    pub fn json(&self) -> Result<String, Error> {
        // One byte more than is read shows that it is longer.
        let bytes = self.read(TIP_JSON, LONGEST_JSON.saturating_add(1))?;
        let tip: Option<Value> = bytes.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok());
        let folder = self.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut line = json!({"id": self.about.id, "week": self.about.week, "folder": folder, "tip": tip});
        if let (None, Some(bytes), Some(fields)) = (&tip, &bytes, line.as_object_mut()) {
            fields.insert("unparsed".into(), String::from_utf8_lossy(bytes).into());
            let cut = u64::try_from(bytes.len()).is_ok_and(|len| len > LONGEST_JSON);
            fields.insert("cut".into(), cut.into());
        }
        Ok(json_text::escape(&line.to_string()))
    }

    /// A file of the tip, at most `most` bytes of it; `None` when it has no such file.
    fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let path = self.folder.join(name);
        let mut bytes = Vec::new();
        match File::open(&path).and_then(|file| file.take(most).read_to_end(&mut bytes)) {
            Ok(_) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::failed(
                format!("reading {}", path.display()),
                e,
                "check the folder, or open the pickup again into a new one",
            )),
        }
    }
}
