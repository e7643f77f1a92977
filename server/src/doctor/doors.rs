//! Checks of the sockets: tor's group alone comes to the public one, the server's user and root to the operator's, and
//! nobody from a network to any.

use std::path::Path;

use super::verdict::Verdict;

/// What the file system says of a socket's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketFile {
    /// Whether it is a socket at all.
    pub is_socket: bool,
    /// Permission bits.
    pub mode: u32,
    /// Its owner.
    pub user: u32,
    /// Its group.
    pub group: u32,
}

const OTHERS: u32 = 0o007;
const GROUP: u32 = 0o070;
const GROUP_MAY_CONNECT: u32 = 0o060;
const ROOT: u32 = 0;

/// The group under which tor runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TorGroup<'a> {
    /// Its name, as it was given.
    pub name: &'a str,
    /// Its number, if there is one of that name here.
    pub number: Option<u32>,
}

/// A socket that tor opens, the public one or the courier's, and the unit that makes it.
pub fn of_tor(path: &Path, file: Option<SocketFile>, tor: TorGroup<'_>, unit: &str) -> Verdict {
    let (shown, name) = (path.display(), tor.name);
    let Some(file) = file.filter(|file| file.is_socket) else {
        return Verdict::mend(format!("there is no socket {shown}: `systemctl restart {unit}`"));
    };
    let Some(number) = tor.number else {
        return Verdict::mend(format!(
            "there is no group {name} on this machine: install tor, or name its group with --tor-group"
        ));
    };
    if file.mode & OTHERS != 0 {
        return Verdict::mend(format!(
            "every program of this machine can open {shown} (mode {:o}): SocketMode=0660 in {unit}, then restart it",
            file.mode
        ));
    }
    if file.group != number || file.mode & GROUP_MAY_CONNECT != GROUP_MAY_CONNECT {
        return Verdict::mend(format!(
            "tor cannot open {shown} (group {}, mode {:o}): SocketGroup={name} and SocketMode=0660 in {unit}, then \
             restart it",
            file.group, file.mode
        ));
    }
    Verdict::sound(format!("{shown} for the group {name}"))
}

/// The operator's socket; `server` is the user under which the server runs.
pub fn operator(path: &Path, file: Option<SocketFile>, server: Option<u32>) -> Verdict {
    let shown = path.display();
    let Some(file) = file.filter(|file| file.is_socket) else {
        return Verdict::mend(format!(
            "there is no socket {shown}: `systemctl restart tipline-operator.socket`"
        ));
    };
    let of_a_friend = file.user == ROOT || Some(file.user) == server;
    if of_a_friend && file.mode & (OTHERS | GROUP) == 0 {
        return Verdict::sound(format!("{shown} for its owner"));
    }
    Verdict::mend(format!(
        "others than root and the server can open {shown} (user {}, mode {:o}): SocketMode=0600 in \
         tipline-operator.socket, then restart it",
        file.user, file.mode
    ))
}

/// What the server's process listens on over TCP, as `/proc/<pid>/net/tcp` and `tcp6` tell, and which of those are its own.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Listening {
    /// Both tables, with their heads.
    pub tables: String,
    /// Inodes of the sockets that the process holds.
    pub held: Vec<u64>,
}

impl Listening {
    /// Local addresses in the kernel's notation, of listening sockets that the server holds.
    fn addresses(&self) -> Vec<&str> {
        self.tables.lines().filter_map(|line| self.own(line)).collect()
    }

    /// `sl local rem st tx:rx tr:when retrnsmt uid timeout inode …`; state 0A listens (proc(5)).
    fn own<'a>(&self, line: &'a str) -> Option<&'a str> {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?;
        let state = fields.nth(1)?;
        let inode: u64 = fields.nth(5)?.parse().ok()?;
        (state == "0A" && self.held.contains(&inode)).then_some(local)
    }
}

/// Nothing of the server can be reached over a network, except for the ports that are guarded by TLS.
pub fn listeners(listening: Option<&Listening>, guarded: &[u16]) -> Verdict {
    let Some(listening) = listening else {
        return Verdict::mend(
            "the server's sockets cannot be looked at: run this as root or as the server's user",
        );
    };
    let open = listening.addresses();
    let addresses: Vec<String> = open
        .iter()
        .filter(|address| !port(address).is_some_and(|port| guarded.contains(&port)))
        .map(|address| readable(address))
        .collect();
    if addresses.is_empty() {
        let seen = if open.is_empty() { "no TCP port is open" } else { "no TCP port is open without TLS" };
        return Verdict::sound(seen);
    }
    Verdict::mend(format!(
        "the server listens on TCP ({}): `public = \"unix:/run/tipline/onion.sock\"` in [listen] of its configuration, then \
         restart it",
        addresses.join(", ")
    ))
}

/// The port in decimal: the address's bytes are in the machine's order and tell an operator less.
fn readable(address: &str) -> String {
    port(address).map_or_else(|| address.to_owned(), |port| format!("port {port}"))
}

fn port(address: &str) -> Option<u16> {
    u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOR: u32 = 107;

    fn file(mode: u32, user: u32, group: u32) -> Option<SocketFile> {
        Some(SocketFile { is_socket: true, mode, user, group })
    }

    #[track_caller]
    fn mends(verdict: &Verdict, part: &str) {
        assert!(matches!(verdict, Verdict::Mend(line) if line.contains(part)), "{verdict:?}");
    }

    fn group(name: &str, number: Option<u32>) -> TorGroup<'_> {
        TorGroup { name, number }
    }

    fn public_of(file: Option<SocketFile>) -> Verdict {
        of_tor(Path::new("/s"), file, group("debian-tor", Some(TOR)), "x.socket")
    }

    #[test]
    fn the_public_socket_is_for_tors_group_alone() {
        assert!(matches!(public_of(file(0o660, 0, TOR)), Verdict::Sound(_)));
        mends(&public_of(file(0o666, 0, TOR)), "every program");
        mends(&public_of(file(0o660, 0, 0)), "SocketGroup=debian-tor");
        mends(&public_of(file(0o600, 0, TOR)), "SocketMode=0660");
        mends(&public_of(None), "no socket /s");
        mends(
            &public_of(Some(SocketFile { is_socket: false, mode: 0o660, user: 0, group: TOR })),
            "no socket /s",
        );
        mends(&of_tor(Path::new("/s"), file(0o660, 0, 0), group("x", None), "x.socket"), "no group x");
    }

    #[test]
    fn the_operators_socket_is_for_root_and_the_server_alone() {
        let of = |file| operator(Path::new("/o"), file, Some(900));
        assert!(matches!(of(file(0o600, 0, 0)), Verdict::Sound(_)));
        assert!(matches!(of(file(0o600, 900, 5)), Verdict::Sound(_)));
        mends(&of(file(0o600, 1_000, 0)), "user 1000");
        mends(&of(file(0o660, 0, 0)), "mode 660");
        mends(&of(file(0o604, 0, 0)), "mode 604");
        mends(&of(None), "no socket /o");
    }

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
        \x20  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 100\n\
        \x20  1: 0100007F:1F91 0100007F:0016 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000 100\n";

    #[test]
    fn a_port_that_listens_is_named() {
        let held =
            |held: &[u64]| listeners(Some(&Listening { tables: TABLE.into(), held: held.into() }), &[443]);
        mends(&held(&[4_711]), "port 8080");
        let guarded = Listening { tables: TABLE.into(), held: vec![4_711] };
        assert!(matches!(listeners(Some(&guarded), &[8_080]), Verdict::Sound(_)));
        assert!(matches!(held(&[4_712, 9]), Verdict::Sound(_)), "a connection is no listener");
        assert!(matches!(held(&[]), Verdict::Sound(_)), "another program's");
        mends(&listeners(None, &[]), "as root");
    }
}
