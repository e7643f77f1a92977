//! The flags of `courier`.

use lexopt::{Arg, Parser};

use super::{Order, is_name};
use crate::cli::{self, Command};
use crate::error::Error;

const HELP: &str = include_str!("../../help/courier.txt");

/// Reads the arguments after `courier`.
///
/// # Errors
/// [`Error::Usage`]
pub fn parse(mut parser: Parser) -> Result<Command, Error> {
    let (mut words, mut name, mut out, mut config) = (Vec::new(), None, None, None);
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("name") => name = Some(cli::text(&mut parser)?),
            Arg::Long("out") | Arg::Short('o') => out = Some(cli::path(&mut parser)?),
            Arg::Long("config") => config = Some(cli::path(&mut parser)?),
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(HELP)),
            Arg::Value(word) => words.push(word),
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    let usage = |why: &str| Error::Usage(why.into());
    let out = out.ok_or_else(|| usage("courier needs --out FOLDER"));
    let word = words.first().and_then(|word| word.to_str()).filter(|_| words.len() == 1);
    let order = match word {
        Some("keys") if name.is_none() && config.is_none() => Order::Keys { out: out? },
        Some("enroll") => {
            let name = name.ok_or_else(|| usage("enroll needs --name NAME"))?;
            if !is_name(&name) {
                return Err(usage("a courier's name is 1 to 32 of a-z, 0-9 and -"));
            }
            Order::Enroll { name, out: out?, config }
        }
        _ => {
            return Err(usage(
                "after `courier` comes `enroll --name NAME --out FOLDER` or `keys --out FOLDER`",
            ));
        }
    };
    Ok(Command::Courier(order))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, Error> {
        parse(Parser::from_args(line.split_whitespace()))
    }

    #[test]
    fn both_orders_are_read_and_nothing_else() {
        let keys = Order::Keys { out: "k".into() };
        assert_eq!(read("keys --out k").unwrap(), Command::Courier(keys));
        let enroll = Order::Enroll { name: "ann".into(), out: "k".into(), config: None };
        assert_eq!(read("enroll --name ann -o k").unwrap(), Command::Courier(enroll));
        assert_eq!(read("--help").unwrap(), Command::Print(HELP));
        for line in
            ["", "keys", "enroll -o k", "enroll --name ../x -o k", "keys --name x -o k", "keys enroll -o k"]
        {
            assert_eq!(read(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
