//! What must hold of the core: no imports, exactly these exports, numbers of 32 bits, no path of this machine.

use std::path::Path;

use super::locale::{self, Class};
use crate::run::{self, Result};

/// Everything that the page can call; `memory` and the two globals are the linker's.
pub(super) const EXPORTS: [&str; 29] = [
    "__data_end",
    "__heap_base",
    "add_cleaned",
    "add_original",
    "board_end",
    "board_feed",
    "board_start",
    "check",
    "clean_feed",
    "clean_start",
    "clean_step",
    "finished",
    "finished_feed",
    "finished_step",
    "input",
    "memory",
    "output",
    "output_len",
    "receipt",
    "seal_feed",
    "seal_start",
    "seal_step",
    "tar_len",
    "tip",
    "upload",
    "want_at",
    "want_file",
    "want_len",
    "wipe",
];
/// Folders whose names would say where it was built.
const PATHS: [&str; 5] = ["/home/", "/root/", "/Users/", "/tmp/", "/work/"];
/// Not sources: what was built, installed or recorded.
const LEFT_OUT: [&str; 3] = ["target", "node_modules", ".git"];

/// Checks the module.
pub(crate) fn core(module: &[u8]) -> Result<()> {
    let found = Sections::read(module).ok_or("the core is no WebAssembly module")?;
    if found.imports > 0 {
        return Err(format!("the core imports {} things; it must import nothing", found.imports).into());
    }
    exports(found.exports)?;
    if found.wide > 0 {
        return Err(format!("{} exported functions take or give 64-bit numbers", found.wide).into());
    }
    no_paths(module)
}

fn no_paths(bytes: &[u8]) -> Result<()> {
    let here = run::root().display().to_string();
    for path in PATHS.iter().copied().chain([here.as_str()]) {
        if bytes.windows(path.len()).any(|window| window == path.as_bytes()) {
            return Err(format!("the core holds the path {path}").into());
        }
    }
    Ok(())
}

/// Checks that exactly these names are shown to the page.
pub(super) fn exports(mut found: Vec<String>) -> Result<()> {
    found.sort();
    match found == EXPORTS {
        true => Ok(()),
        false => Err(format!("the core exports {found:?} instead of {EXPORTS:?}").into()),
    }
}

/// Checks that the translated core names no place of this machine.
pub(crate) fn javascript(text: &str) -> Result<()> {
    no_paths(text.as_bytes())
}

/// Checks that every message that the template and the scripts name is there, and says how many there are.
pub(crate) fn messages(sources: &Path) -> Result<()> {
    let locales = locale::read_all(&sources.join("locales"))?;
    let original = locales.first().ok_or("there is no locale")?;
    let mut files = vec![sources.join("page.html")];
    for entry in std::fs::read_dir(sources.join("js"))? {
        files.push(entry?.path());
    }
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        if let Some(key) = named(&text).find(|key| !original.says(key)) {
            return Err(format!("{} names the message {key}, which is missing", file.display()).into());
        }
    }
    for locale in &locales {
        let count = |class| locale.count(class);
        println!(
            "{}: {} messages for safety, {} plain; {}",
            locale.tag,
            count(Class::Safety),
            count(Class::Plain),
            match locale.unreviewed.len() {
                0 => "in the release".to_owned(),
                lacking => format!("a draft, {lacking} without two reviewers"),
            },
        );
    }
    Ok(())
}

/// The messages that a file names as they are; names that are put together at run time are not seen.
fn named(text: &str) -> impl Iterator<Item = &str> {
    const BEFORE: [(&str, char); 11] = [
        ("data-t=\"", '"'),
        ("say('", '\''),
        ("Problem('f", '\''),
        ("button('", '\''),
        ("message('p', '", '\''),
        ("message('h2', '", '\''),
        ("message('summary', '", '\''),
        ("message('caption', '", '\''),
        ("showReceipt('", '\''),
        ("message('legend', '", '\''),
        ("fieldset('", '\''),
    ];
    BEFORE.iter().flat_map(move |(before, end)| {
        let first = if before.ends_with("('f") { 1 } else { 0 };
        text.match_indices(before)
            .filter_map(move |(at, found)| text.get(at + found.len() - first..)?.split(*end).next())
    })
}

/// Copies the workspace without what was built.
pub(crate) fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let (entry, file) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if LEFT_OUT.iter().any(|name| file == *name) {
            continue;
        }
        match entry.is_dir() {
            true => copy_sources(&entry, &to.join(file))?,
            false => std::fs::copy(&entry, to.join(file)).map(drop)?,
        }
    }
    Ok(())
}

/// What a module shows to the outside (WebAssembly core specification, binary format).
#[derive(Default)]
struct Sections {
    imports: u32,
    exports: Vec<String>,
    wide: usize,
}

const TYPES: u8 = 1;
const IMPORTS: u8 = 2;
const FUNCTIONS: u8 = 3;
const EXPORTED: u8 = 7;
const I64: u8 = 0x7e;

impl Sections {
    fn read(module: &[u8]) -> Option<Self> {
        let mut rest = Reader(module.strip_prefix(b"\0asm\x01\0\0\0")?);
        let (mut found, mut types, mut functions) = (Self::default(), Vec::new(), Vec::new());
        while !rest.0.is_empty() {
            let id = rest.byte()?;
            let length = rest.number()?;
            let mut section = Reader(rest.take(length)?);
            match id {
                TYPES => types = section.list(Reader::function_type)?,
                IMPORTS => found.imports = section.number()?,
                FUNCTIONS => functions = section.list(Reader::number)?,
                EXPORTED => {
                    for (name, kind, index) in section.list(Reader::export)? {
                        let type_of = functions.get(usize::try_from(index).ok()?).copied().unwrap_or(0);
                        let wide = kind == 0 && types.get(usize::try_from(type_of).ok()?).copied()?;
                        found.wide += usize::from(wide);
                        found.exports.push(name);
                    }
                }
                _ => {}
            }
        }
        Some(found)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, length: u32) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// LEB128.
    fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.number()?).map(|_| item(self)).collect()
    }

    /// Whether a parameter or a result has 64 bits.
    fn function_type(&mut self) -> Option<bool> {
        (self.byte()? == 0x60).then_some(())?;
        let (parameters, results) = (self.list(Self::byte)?, self.list(Self::byte)?);
        Some(parameters.contains(&I64) || results.contains(&I64))
    }

    fn export(&mut self) -> Option<(String, u8, u32)> {
        let length = self.number()?;
        let name = String::from_utf8(self.take(length)?.to_vec()).ok()?;
        Some((name, self.byte()?, self.number()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(module (func (export "f") (param i64)))`, and the same with an import.
    const WIDE: &[u8] = b"\0asm\x01\0\0\0\x01\x05\x01\x60\x01\x7e\0\x03\x02\x01\0\x07\x05\x01\x01f\0\0";
    const IMPORTING: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x07\x01\x01a\x01b\0\0";

    #[test]
    fn named_messages_are_found() {
        let text = "<p data-t=\"a-b\"></p> say('c', {}) new Problem('file-changed') message('p', 'd')";
        assert_eq!(named(text).collect::<Vec<_>>(), ["a-b", "c", "file-changed", "d"]);
    }

    #[test]
    fn imports_and_wide_numbers_are_seen() {
        let wide = Sections::read(WIDE).unwrap();
        assert_eq!((wide.imports, wide.wide, wide.exports), (0, 1, vec!["f".to_owned()]));
        assert_eq!(Sections::read(IMPORTING).unwrap().imports, 1);
        assert!(core(IMPORTING).is_err() && core(WIDE).is_err() && core(b"").is_err());
    }
}
