//! The air gap: the desk refuses to work while a network interface other than loopback is up.
//!
//! Read from `/sys/class/net`, so no socket is opened to find out. A cable that is not plugged in, or a radio without a
//! connection, has `operstate` `down` and does not stop the work; what the kernel calls `unknown` (tunnels) does.

use std::fs;
use std::path::Path;

use crate::error::Error;

/// Where the kernel lists its network interfaces.
pub const INTERFACES: &str = "/sys/class/net";
/// The flag that lets a person work on a machine that is online.
pub const OVERRIDE: &str = "--i-know-this-machine-is-online";

const IFF_UP: u64 = 0x1;
const IFF_LOOPBACK: u64 = 0x8;

/// Refuses when an interface listed in `interfaces` is up, or when that can't be found out.
///
/// # Errors
/// One line that names the interface.
pub fn check(interfaces: &Path) -> Result<(), Error> {
    let unknown = |wrong: &dyn std::fmt::Display| {
        refusal(&format!("whether it is can't be read from {} ({wrong})", interfaces.display()))
    };
    for entry in fs::read_dir(interfaces).map_err(|e| unknown(&e))? {
        let entry = entry.map_err(|e| unknown(&e))?;
        // Besides interfaces the folder can hold plain files (bonding_masters).
        if !entry.path().join("flags").exists() {
            continue;
        }
        if is_up(&entry.path()).map_err(|e| unknown(&e))? {
            let name = entry.file_name();
            return Err(refusal(&format!("the network interface {} is up", name.to_string_lossy())));
        }
    }
    Ok(())
}

fn refusal(wrong: &str) -> Error {
    let advice = format!("disconnect it, or add {OVERRIDE} if these keys and tips protect nobody (a trial)");
    Error::failed("making sure that this machine is on no network", wrong, advice)
}

fn is_up(interface: &Path) -> std::io::Result<bool> {
    let flags = fs::read_to_string(interface.join("flags"))?;
    let digits = flags.trim().trim_start_matches("0x");
    let flags = u64::from_str_radix(digits, 16).map_err(std::io::Error::other)?;
    if flags & IFF_LOOPBACK != 0 || flags & IFF_UP == 0 {
        return Ok(false);
    }
    let state = fs::read_to_string(interface.join("operstate"))?;
    Ok(!matches!(state.trim(), "down" | "notpresent" | "lowerlayerdown"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn interface(root: &Path, name: &str, flags: &str, state: &str) {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("flags"), flags).unwrap();
        fs::write(folder.join("operstate"), state).unwrap();
    }

    #[test]
    fn loopback_and_unplugged_interfaces_are_offline() {
        let scratch = Scratch::new("offline");
        interface(scratch.path(), "lo", "0x9\n", "unknown\n");
        interface(scratch.path(), "eth0", "0x1003\n", "down\n");
        interface(scratch.path(), "wlan0", "0x1002\n", "down\n");
        fs::write(scratch.path().join("bonding_masters"), "").unwrap();
        check(scratch.path()).unwrap();
    }

    #[test]
    fn a_live_interface_or_a_tunnel_stops_the_work_and_is_named() {
        for (name, flags, state) in
            [("eth0", "0x1003", "up"), ("tun0", "0x10d1", "unknown"), ("wlan0", "0x1003", "dormant")]
        {
            let scratch = Scratch::new("online");
            interface(scratch.path(), "lo", "0x9\n", "unknown\n");
            interface(scratch.path(), name, flags, state);
            let line = check(scratch.path()).unwrap_err().to_string();
            assert!(line.contains(name) && line.contains(OVERRIDE) && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn what_can_not_be_read_counts_as_online() {
        let scratch = Scratch::new("unreadable");
        assert!(check(&scratch.path().join("absent")).is_err());
        interface(scratch.path(), "eth0", "what?", "down");
        assert!(check(scratch.path()).is_err());
    }
}
