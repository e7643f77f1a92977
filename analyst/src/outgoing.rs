//! The folder for the courier: signed public documents on their way out, each with its signature beside it.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::workroom::{Workroom, make_folder, sync_folder};

/// What the signature's file has behind its document's name.
const SIGNATURE: &str = ".sig";
/// The hidden folder in which both are written first.
const ROOM: &str = ".writing";

/// Writes `name` and `name.sig` into a folder, which is made if absent. What has these names there is replaced; a kill at
/// any moment leaves a document without a signature rather than with another's. Durable when it returns.
///
/// # Errors
/// It can't be written, or another command is writing there.
pub fn write(folder: &Path, name: &str, document: &[u8], signature: &str) -> Result<PathBuf, Error> {
    write_pair(folder, name, document, signature).map_err(|e| {
        let doing = format!("writing {name} to {}", folder.display());
        match e.kind() {
            io::ErrorKind::WouldBlock => {
                Error::failed(doing, "another command is writing there", "run it again when that has ended")
            }
            _ => Error::failed(doing, e, "make room there or name another folder, and run it again"),
        }
    })
}

fn write_pair(folder: &Path, name: &str, document: &[u8], signature: &str) -> io::Result<PathBuf> {
    make_folder(folder)?;
    let room = Workroom::enter(folder.join(ROOM))?;
    let draft = room.draft()?;
    let signature_name = format!("{name}{SIGNATURE}");
    draft.write(name, document)?;
    draft.write(&signature_name, signature.as_bytes())?;
    match std::fs::remove_file(folder.join(&signature_name)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => sync_folder(folder)?,
    }
    for name in [name, &signature_name] {
        draft.release(name, &folder.join(name))?;
        sync_folder(folder)?;
    }
    Ok(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_document_and_its_signature_replace_the_pair_before_them() {
        let scratch = Scratch::new("outgoing");
        let folder = scratch.path().join("for/the/courier");
        for round in ["1", "2"] {
            let path = write(&folder, "site.json", round.as_bytes(), &format!("signed {round}")).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), round);
            assert_eq!(fs::read_to_string(folder.join("site.json.sig")).unwrap(), format!("signed {round}"));
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "and nothing else lies there");
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let scratch = Scratch::new("links");
        let (folder, elsewhere) = (scratch.path().join("stick"), scratch.private_file("elsewhere", b"mine"));
        fs::create_dir(&folder).unwrap();
        symlink(&elsewhere, folder.join("site.json")).unwrap();
        symlink(&elsewhere, folder.join("site.json.sig")).unwrap();
        write(&folder, "site.json", b"a document", "a signature").unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), b"mine");
        assert_eq!(fs::read(folder.join("site.json")).unwrap(), b"a document");
    }

    #[test]
    fn where_nothing_can_be_written_the_folder_is_named() {
        let scratch = Scratch::new("taken");
        scratch.private_file("stick", b"no folder");
        let line = write(&scratch.path().join("stick"), "site.json", b"x", "y").unwrap_err().to_string();
        assert!(line.contains("site.json") && line.contains("stick") && !line.contains('\n'), "{line}");
    }
}
