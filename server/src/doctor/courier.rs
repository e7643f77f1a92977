//! Checks of what the courier's door shows: the letterbox's certificate, with days ahead, and its key, for the server alone.

use std::path::Path;

use tipline_wire::date::Date;

use super::verdict::Verdict;
use crate::config::listen::CourierDoor;
use crate::tls::identity::{Identity, SOON};

const ROOT: u32 = 0;
const GROUP_AND_OTHERS: u32 = 0o077;
const OTHERS: u32 = 0o007;
/// systemd puts a unit's credentials here, for its user alone. Where it does so with an access list, that shows as the
/// bits of the group (acl(5)).
const CREDENTIALS: &str = "/run/credentials/";

/// What the file system says of the key, as the server's process sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFile {
    /// Permission bits.
    pub mode: u32,
    /// Its owner.
    pub user: u32,
}

/// Certificate and key: there, of each other, the key for the server alone, and valid for a while. `server` is the user under
/// which the server runs.
pub fn keys(
    door: &CourierDoor,
    key: Option<KeyFile>,
    read: Result<Identity, String>,
    server: Option<u32>,
    today: Date,
) -> Verdict {
    let path = &door.keys.key;
    if let Some(key) = key.filter(|key| !is_of_the_server_alone(path, *key, server)) {
        return Verdict::mend(format!(
            "others than the server can read {} (user {}, mode {:o}): make new keys with `tipline-server courier keys`, in \
             a folder for root alone",
            path.display(),
            key.user,
            key.mode
        ));
    }
    let identity = match read {
        Ok(identity) => identity,
        Err(why) => {
            return Verdict::mend(format!(
                "{why}: `tipline-server courier keys` makes both files, tipline-courier.conf gives them to the server"
            ));
        }
    };
    if !identity.fits() {
        return Verdict::mend(format!(
            "{} is not the key of {}: put both files of one `tipline-server courier keys` there",
            path.display(),
            door.keys.certificate.display()
        ));
    }
    days(door, &identity, today)
}

fn is_of_the_server_alone(path: &Path, key: KeyFile, server: Option<u32>) -> bool {
    let strangers = if path.starts_with(CREDENTIALS) { OTHERS } else { GROUP_AND_OTHERS };
    (key.user == ROOT || Some(key.user) == server) && key.mode & strangers == 0
}

fn days(door: &CourierDoor, identity: &Identity, today: Date) -> Verdict {
    let anew = "make new keys with `tipline-server courier keys`, restart the server, give every courier the new pin";
    let lapsed = (0..=SOON).find(|ahead| !identity.is_valid(today.plus_days(*ahead)));
    match lapsed {
        Some(0) => Verdict::mend(format!(
            "{} is no letterbox's certificate that is valid today, so no courier can fetch: {anew}",
            door.keys.certificate.display()
        )),
        Some(ahead) => Verdict::note(format!(
            "from {} on {} is no longer valid: {anew} before then",
            today.plus_days(ahead),
            door.keys.certificate.display()
        )),
        None => Verdict::sound(format!(
            "valid for {SOON} more days at least, pins of {} couriers",
            door.pins.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Option<u32> = Some(900);

    #[test]
    fn a_key_is_for_root_or_the_server_and_nobody_else() {
        let of = |path, mode, user| is_of_the_server_alone(Path::new(path), KeyFile { mode, user }, SERVER);
        let (plain, credential) = ("/etc/tipline/letterbox.key", "/run/credentials/tipline-server.service/k");
        assert!(of(plain, 0o600, 0) && of(plain, 0o400, 900) && of(credential, 0o440, 0));
        assert!(!of(plain, 0o600, 1_000) && !of(plain, 0o640, 0) && !of(plain, 0o604, 0));
        assert!(!of(credential, 0o444, 0) && !of(credential, 0o400, 1_000));
        assert!(!of("/run/credentials.old/k", 0o440, 0));
    }
}
