//! The flags of `backup` and `restore`, read into checked orders.

use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::cli::{self, Command};
use crate::client::flags::Print;
use crate::config::Flags;
use crate::error::Error;

const BACKUP: &str = include_str!("../../help/backup.txt");
const RESTORE: &str = include_str!("../../help/restore.txt");

/// Make a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupOrder {
    /// Which configuration and socket.
    pub flags: Flags,
    /// Where the two files go.
    pub out: PathBuf,
    /// How the result is printed.
    pub print: Print,
}

/// Put one in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreOrder {
    /// The file of volumes.
    pub volumes: PathBuf,
    /// The file of keys.
    pub keys: PathBuf,
    /// The new store.
    pub store: PathBuf,
    /// Where the keys go, if not into the store.
    pub keys_folder: Option<PathBuf>,
    /// How the result is printed.
    pub print: Print,
}

/// Reads the arguments after `backup`.
///
/// # Errors
/// [`Error::Usage`]
pub fn backup(mut parser: Parser) -> Result<Command, Error> {
    let (mut flags, mut out, mut print) = (Flags::default(), None, Print::Text);
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("config") => flags.config = Some(cli::path(&mut parser)?),
            Arg::Long("operator") => flags.operator = Some(cli::text(&mut parser)?),
            Arg::Long("out") | Arg::Short('o') => out = Some(cli::path(&mut parser)?),
            Arg::Long("json") => print = Print::Json,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(BACKUP)),
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    let out = out.ok_or_else(|| Error::Usage("backup needs --out FOLDER".into()))?;
    Ok(Command::Backup(Box::new(BackupOrder { flags, out, print })))
}

/// Reads the arguments after `restore`.
///
/// # Errors
/// [`Error::Usage`]
pub fn restore(mut parser: Parser) -> Result<Command, Error> {
    let (mut volumes, mut keys, mut store) = (None, None, None);
    let (mut keys_folder, mut print) = (None, Print::Text);
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("volumes") => volumes = Some(cli::path(&mut parser)?),
            Arg::Long("keys") => keys = Some(cli::path(&mut parser)?),
            Arg::Long("store") => store = Some(cli::path(&mut parser)?),
            Arg::Long("keys-folder") => keys_folder = Some(cli::path(&mut parser)?),
            Arg::Long("json") => print = Print::Json,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(RESTORE)),
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    let (Some(volumes), Some(keys), Some(store)) = (volumes, keys, store) else {
        return Err(Error::Usage("restore needs --volumes FILE, --keys FILE and --store FOLDER".into()));
    };
    Ok(Command::Restore(Box::new(RestoreOrder { volumes, keys, store, keys_folder, print })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Parser {
        Parser::from_args(line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn both_need_to_be_told_where_from_and_where_to() {
        assert!(matches!(backup(args("--out x --json")), Ok(Command::Backup(o)) if o.print == Print::Json));
        assert!(matches!(restore(args("--volumes v --keys k --store s")), Ok(Command::Restore(_))));
        for line in ["", "--out", "--out x y", "--volumes v --keys k"] {
            assert_eq!(backup(args(line)).unwrap_err().exit_code(), 2, "{line}");
            assert_eq!(restore(args(line)).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn the_help_names_every_flag() {
        for (help, flags) in [
            (BACKUP, &["config", "operator", "out", "json"][..]),
            (RESTORE, &["volumes", "keys", "store", "keys-folder", "json"]),
        ] {
            assert!(flags.iter().all(|flag| help.contains(&format!("--{flag}"))));
        }
        assert_eq!(backup(args("-h")).unwrap(), Command::Print(BACKUP));
        assert_eq!(restore(args("-h")).unwrap(), Command::Print(RESTORE));
    }
}
