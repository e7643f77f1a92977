//! `courier`: makes the keys of the courier's door. An enrolled courier is a pin in the configuration, and nothing else.

pub mod flags;

use std::path::{Path, PathBuf};

use tipline_wire::intake::Desk;

use crate::config;
use crate::error::Error;
use crate::tls::identity::{self, Made, Role};
use crate::world::World;

/// The file name of the letterbox's own key and certificate.
const LETTERBOX: &str = "letterbox";
/// Where systemd shows the unit's credentials to it, and to nobody else (systemd.exec(5)).
const CREDENTIALS: &str = "/run/credentials/tipline-server.service/";

/// What is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Key and certificate of a courier.
    Enroll {
        /// Who it is: the files' name.
        name: String,
        /// Where they go.
        out: PathBuf,
        /// Names the letterbox's certificate.
        config: Option<PathBuf>,
    },
    /// Key and certificate of the letterbox's end.
    Keys {
        /// Where they go.
        out: PathBuf,
    },
}

impl Order {
    /// Makes them; answers what is to be done with them.
    ///
    /// # Errors
    /// A file is there already, or can't be written.
    pub fn carry_out(&self, world: &World) -> Result<String, Error> {
        match self {
            Self::Enroll { name, out, config } => enroll(name, out, config.as_deref(), world),
            Self::Keys { out } => keys(out, world),
        }
    }
}

fn enroll(name: &str, out: &Path, config: Option<&Path>, world: &World) -> Result<String, Error> {
    // Before anything is written: what is missing can then be mended and the same command run again.
    let certificate = config::courier_certificate(config)?;
    let letterbox = certificate.map(|path| identity::pin_of(&path)).transpose()?;
    let made = make(Role::Courier, name, world)?;
    let (certificate, key) = made.write(out, name)?;
    let letterbox = letterbox.map_or_else(|| "PIN".to_owned(), |pin| pin.to_string());
    Ok(format!(
        "made {0} and {1}, valid through {2}\n\n\
         Both belong on the courier's computer and nowhere else; {1} never leaves it.\n\n\
         1. The courier gives the operator this pin, by hand or read aloud:\n\
         \x20  {3}\n\
         2. The operator writes it into tipline.toml, under [listen], beside those of other couriers, and starts the \
         server anew:\n\
         \x20  courier_pins = [\"{3}\"]\n\
         3. The operator gives the courier the address of the courier's onion and the letterbox's pin, which\n\
         \x20  `tipline-server courier keys` printed. With them the courier fetches:\n\
         \x20  tipline-server pickup --courier ADDRESS --socks 127.0.0.1:9050 --cert {0} \\\n\
         \x20    --key {1} --pin {letterbox} --out tips.tar\n\n\
         To dismiss this courier, the operator takes the pin out again. With the last pin the door has to go too:\n\
         courier = \"\".\n",
        certificate.display(),
        key.display(),
        made.until,
        made.pin
    ))
}

fn keys(out: &Path, world: &World) -> Result<String, Error> {
    let made = make(Role::Letterbox, LETTERBOX, world)?;
    let (certificate, key) = made.write(out, LETTERBOX)?;
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (certificate, key) = (whole(&certificate), whole(&key));
    Ok(format!(
        "made {0} and {1}, valid through {2}\n\n\
         1. In tipline.toml, under [listen]:\n\
         \x20  courier_cert = \"{CREDENTIALS}letterbox.cert\"\n\
         \x20  courier_key = \"{CREDENTIALS}letterbox.key\"\n\
         2. Under systemd, in /etc/systemd/system/tipline-server.service.d/courier.conf (tipline-courier.conf of the\n\
         \x20  release): the server's user cannot read these files, systemd hands them over.\n\
         \x20  LoadCredential=letterbox.cert:{0}\n\
         \x20  LoadCredential=letterbox.key:{1}\n\
         \x20  Without systemd: give the files to the server's user, and in 1. their own paths.\n\
         3. Every courier is given this pin:\n\
         \x20  {3}\n\
         4. Each courier: tipline-server courier enroll --name NAME --out FOLDER\n",
        certificate.display(),
        key.display(),
        made.until,
        made.pin
    ))
}

fn make(role: Role, name: &str, world: &World) -> Result<Made, Error> {
    let fails = |why: String| Error::NoKey(why);
    let seed = world.random::<32>().map_err(|fault| fails(fault.to_string()))?;
    identity::make(role, name, world.today(), &seed).map_err(|fault| fails(fault.to_string()))
}

/// Whether a courier can have this name: as a desk's.
#[must_use]
pub fn is_name(name: &str) -> bool {
    Desk::is_name(name)
}
