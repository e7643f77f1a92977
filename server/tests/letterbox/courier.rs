//! The courier's door: who is enrolled comes in, over a socket or TCP, and everybody else stays outside without a word.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use tipline_server::tls::Pin;
use tipline_server::tls::identity::{self, Role};

use crate::papers::*;
use crate::stage::*;

/// A letterbox with a courier's door, and one enrolled courier.
struct Door {
    stage: Stage,
    server: Server,
    address: String,
    letterbox: String,
}

impl Door {
    fn at(address: &str) -> Self {
        let stage = Stage::new();
        let keys = run(stage.command_alone().args(["courier", "keys", "--out", "keys"]));
        let letterbox = word(&keys, "SHA256:");
        Self::with(stage, address, &letterbox, |stage| vec![enroll(stage, "ann")])
    }

    fn with(
        mut stage: Stage,
        address: &str,
        letterbox: &str,
        pins: impl FnOnce(&Stage) -> Vec<String>,
    ) -> Self {
        let pins: Vec<String> = pins(&stage).into_iter().map(|pin| format!("\"{pin}\"")).collect();
        let config = stage.folder.0.join("tipline.toml");
        let text = format!(
            "[listen]\ncourier = \"{address}\"\ncourier_cert = \"keys/letterbox.cert\"\n\
             courier_key = \"keys/letterbox.key\"\ncourier_pins = [{}]\n",
            pins.join(", ")
        );
        fs::write(&config, text).unwrap();
        stage.config = Some(config);
        let server = stage.open();
        let address =
            server.journal().lines().find_map(|l| l.strip_prefix("courier's door at ").map(str::to_owned));
        Self { address: address.unwrap(), stage, server, letterbox: letterbox.into() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.stage.folder.0.join(name)
    }

    /// The way through the door with somebody's files.
    fn command(&self, command: &str, name: &str) -> Command {
        let mut to = self.stage.command_alone();
        to.args([command, "--courier", &self.address, "--pin", &self.letterbox]);
        to.args(["--cert", &format!("keys/{name}.cert"), "--key", &format!("keys/{name}.key")]);
        to
    }

    fn pickup(&self, name: &str, out: &str) -> Output {
        self.command("pickup", name).args(["--out", out]).output().unwrap()
    }

    fn tips(&self, out: &str) -> usize {
        entries(&fs::read(self.path(out)).unwrap()).len() - 2
    }
}

impl Stage {
    /// The program in the stage's folder, without a word about its sockets.
    fn command_alone(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tipline-server"));
        command.current_dir(&self.folder.0).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn enroll(stage: &Stage, name: &str) -> String {
    fs::write(stage.folder.0.join("enroll.toml"), "[listen]\ncourier_cert = \"keys/letterbox.cert\"\n")
        .unwrap();
    let mut enroll = stage.command_alone();
    enroll.args(["courier", "enroll", "--name", name, "--out", "keys", "--config", "enroll.toml"]);
    word(&run(&mut enroll), "\"SHA256:")
}

/// The word that begins so, without quotes.
fn word(text: &str, begin: &str) -> String {
    let at = text.find(begin).unwrap_or_else(|| panic!("{text}"));
    text[at..].split_whitespace().next().unwrap().trim_matches(['"', ']']).to_owned()
}

/// Writes a certificate of another day, and answers its pin.
fn made(folder: &Path, role: Role, name: &str, days_ago: i32, seed: u8) -> String {
    let made = identity::make(role, name, today().plus_days(-days_ago), &[seed; 32]).unwrap();
    made.write(&folder.join("keys"), name).unwrap();
    made.pin.to_string()
}

fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "one line: {text}");
    text
}

#[test]
fn an_enrolled_courier_fetches_acknowledges_and_publishes_over_a_socket_and_over_tcp() {
    for kind in ["unix", "tcp"] {
        let stage = Stage::new();
        let address = match kind {
            "unix" => format!("unix:{}", stage.folder.0.join("courier.sock").display()),
            _ => "127.0.0.1:0".into(),
        };
        let keys = run(stage.command_alone().args(["courier", "keys", "--out", "keys"]));
        let door = Door::with(stage, &address, &word(&keys, "SHA256:"), |stage| {
            vec![enroll(stage, "ann"), enroll(stage, "ben")]
        });
        (1..=4).for_each(|seed| assert_eq!(door.server.post(&small_tip(seed)).status, 201));
        for name in ["ann", "ben"] {
            let output = door.pickup(name, &format!("{name}.tar"));
            assert!(output.status.success(), "{kind}: {output:?}");
            assert_eq!(door.tips(&format!("{name}.tar")), 4);
        }
        let file = write_ack(&door.stage.folder.0, "ack", &Root::desk(), &ack(1, ids(1..=3), ids([])));
        let said =
            run(door.command("pickup", "ann").arg("--acknowledge").arg(&file).args(["--out", "next.tar"]));
        assert!(said.contains("has 3 tips") && said.contains("3 more have been acknowledged"), "{said}");
        assert_eq!(door.tips("next.tar"), 1);
        let intake = door.stage.root.sign(&door.stage.folder.0, 2);
        assert!(
            run(door.command("publish", "ben").arg(&intake)).contains("the intake document 2 is published")
        );
        let refused = door.command("publish", "ben").arg(door.path("intake-1")).output().unwrap();
        assert!(complaint(&refused).contains("serial 1 is not above"), "{refused:?}");
    }
}

#[test]
fn keys_are_for_their_owner_alone_and_never_replaced() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::new();
    let keys = ["courier", "keys", "--out", "keys"];
    let early =
        stage.command_alone().args(["courier", "enroll", "--name", "ann", "--out", "k"]).output().unwrap();
    assert!(
        String::from_utf8_lossy(&early.stdout).contains("--pin PIN"),
        "a courier's computer has no configuration of the letterbox"
    );
    let said = run(stage.command_alone().args(keys));
    let ann = enroll(&stage, "ann");
    for name in ["letterbox.key", "letterbox.cert", "ann.key", "ann.cert"] {
        let mode = fs::metadata(stage.folder.0.join("keys").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let pem = fs::read(stage.folder.0.join("keys/ann.cert")).unwrap();
    assert_eq!(Pin::of(&CertificateDer::from_pem_slice(&pem).unwrap()).to_string(), ann);
    assert!(complaint(&stage.command_alone().args(keys).output().unwrap()).contains("letterbox.key"));
    assert_eq!(word(&said, "SHA256:").len(), 50);
    assert!(said.contains(&today().plus_days(730).to_string()), "{said}");
}

#[test]
fn the_letterbox_s_keys_are_handed_over_as_unit_and_runbook_say() {
    let stage = Stage::new();
    let said = run(stage.command_alone().args(["courier", "keys", "--out", "keys"]));
    let folder = stage.folder.0.join("keys").display().to_string();
    let said = said.replace(&folder, "/etc/tipline/courier");
    let said: Vec<&str> = said.lines().map(str::trim).collect();
    let named = |text: &str, begin: &str| {
        let lines = text.lines().map(str::trim).filter(|line| line.starts_with(begin));
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines.len(), 2, "{begin}: {text}");
        lines.iter().for_each(|line| assert!(said.contains(line), "{line}: {said:?}"));
    };
    named(include_str!("../../../deploy/tipline-courier.conf"), "LoadCredential=");
    let runbook = include_str!("../../../deploy/runbooks/courier.md").replace("courier_pins", "");
    named(&runbook, "courier_");
}

#[test]
fn whoever_is_not_enrolled_today_stays_outside() {
    let stage = Stage::new();
    let keys = run(stage.command_alone().args(["courier", "keys", "--out", "keys"]));
    let door = Door::with(stage, "127.0.0.1:0", &word(&keys, "SHA256:"), |stage| {
        let folder = &stage.folder.0;
        let expired = made(folder, Role::Courier, "expired", 731, 3);
        let future = made(folder, Role::Courier, "future", -4, 4);
        let role = made(folder, Role::Letterbox, "role", 0, 5);
        vec![enroll(stage, "ann"), expired, future, role]
    });
    enroll(&door.stage, "eve");
    let journal = door.server.journal();
    for name in ["eve", "expired", "future", "role"] {
        let said = complaint(&door.pickup(name, "x.tar"));
        assert!(said.contains("did not let this courier in"), "{name}: {said}");
        assert!(!door.path("x.tar").exists() && !door.path("x.tar.part").exists());
    }
    // Ann's certificate with another's key: whoever copies what is public has nothing.
    fs::copy(door.path("keys/ann.cert"), door.path("keys/copied.cert")).unwrap();
    fs::copy(door.path("keys/eve.key"), door.path("keys/copied.key")).unwrap();
    complaint(&door.pickup("copied", "x.tar"));
    assert!(door.pickup("ann", "ann.tar").status.success(), "the door is still open to who is");
    assert_eq!(door.server.journal(), journal, "not a word about it");
}

#[test]
fn a_courier_speaks_to_the_pinned_letterbox_only() {
    for (name, role, days) in
        [("another", Role::Letterbox, 0), ("expired", Role::Letterbox, 731), ("role", Role::Courier, 0)]
    {
        let stage = Stage::new();
        let right = run(stage.command_alone().args(["courier", "keys", "--out", "keys"]));
        let folder = stage.folder.0.join("keys");
        let pin = made(&stage.folder.0, role, name, days, 6);
        for end in ["cert", "key"] {
            fs::rename(folder.join(format!("{name}.{end}")), folder.join(format!("letterbox.{end}")))
                .unwrap();
        }
        let pin = if name == "another" { word(&right, "SHA256:") } else { pin };
        let door = Door::with(stage, "127.0.0.1:0", &pin, |stage| vec![enroll(stage, "ann")]);
        let said = complaint(&door.pickup("ann", "x.tar"));
        assert!(said.contains("not the letterbox with the given --pin"), "{name}: {said}");
        if name == "expired" {
            assert!(door.server.journal().contains("the certificate of the courier's door ends"));
        }
    }
}

/// A client that takes any letterbox, so that only the door decides.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

/// Asks through TLS; answers what came, and how many session tickets.
fn ask(
    door: &Door,
    group: &'static dyn SupportedKxGroup,
    name: Option<&str>,
    request: &[u8],
) -> std::io::Result<(Vec<u8>, u32)> {
    ask_after(b"", door, group, name, request)
}

/// The same, after these bytes.
fn ask_after(
    line: &[u8],
    door: &Door,
    group: &'static dyn SupportedKxGroup,
    name: Option<&str>,
    request: &[u8],
) -> std::io::Result<(Vec<u8>, u32)> {
    let mut provider = default_provider();
    provider.kx_groups = vec![group];
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody));
    let mut config = match name {
        Some(name) => {
            let pem = |end: &str| fs::read(door.path(&format!("keys/{name}.{end}"))).unwrap();
            let certificate = CertificateDer::from_pem_slice(&pem("cert")).unwrap();
            config
                .with_client_auth_cert(vec![certificate], PrivateKeyDer::from_pem_slice(&pem("key")).unwrap())
                .unwrap()
        }
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut connection = ClientConnection::new(Arc::new(config), "x".try_into().unwrap()).unwrap();
    let mut socket = TcpStream::connect(&door.address)?;
    socket.set_read_timeout(Some(Duration::from_secs(60)))?;
    socket.write_all(line)?;
    let mut stream = rustls::Stream::new(&mut connection, &mut socket);
    stream.write_all(request)?;
    let mut answer = Vec::new();
    let mut piece = [0; 4_096];
    while !answer.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => break,
            read => answer.extend(&piece[..read]),
        }
    }
    assert_eq!(connection.alpn_protocol(), None);
    Ok((answer, connection.tls13_tickets_received()))
}

const ROUTE: &[u8] = b"POST /pickup HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";

#[test]
fn without_certificate_hybrid_key_exchange_or_tls_13_there_is_no_answer() {
    let door = Door::at("127.0.0.1:0");
    let journal = door.server.journal();
    let hybrid = kx_group::X25519MLKEM768;
    let (answer, tickets) = ask(&door, hybrid, Some("ann"), ROUTE).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(tickets, 0, "no session can be resumed");

    let refused = |what: &str, asked: std::io::Result<(Vec<u8>, u32)>| {
        assert!(
            asked.as_ref().is_err_and(|f| f.kind() != std::io::ErrorKind::WouldBlock),
            "{what}: {asked:?}"
        );
    };
    refused("no certificate", ask(&door, hybrid, None, ROUTE));
    for group in [kx_group::X25519, kx_group::SECP256R1, kx_group::MLKEM768, kx_group::SECP256R1MLKEM768] {
        refused(&format!("{:?} only", group.name()), ask(&door, group, Some("ann"), ROUTE));
    }

    let mut plain = TcpStream::connect(&door.address).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    plain.write_all(ROUTE).unwrap();
    let mut came = Vec::new();
    let _ = plain.read_to_end(&mut came);
    assert!(!came.windows(4).any(|w| w == b"HTTP"), "{}", String::from_utf8_lossy(&came));

    // An independent client, where there is one.
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("SKIPPED: TLS 1.2: openssl is missing");
        return;
    }
    let openssl = |flags: &[&str]| {
        let mut client = Command::new("openssl");
        client.args([
            "s_client",
            "-connect",
            &door.address,
            "-cert",
            "keys/ann.cert",
            "-key",
            "keys/ann.key",
        ]);
        client.args(flags).current_dir(&door.stage.folder.0).stdin(Stdio::null());
        let output = client.output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let old = openssl(&["-tls1_2"]);
    assert!(old.contains("alert protocol version"), "{old}");
    let classical = openssl(&["-tls1_3", "-groups", "X25519"]);
    assert!(classical.contains("alert handshake failure"), "{classical}");
    assert_eq!(door.server.journal(), journal, "not a word about it");
}

#[test]
fn behind_the_couriers_door_is_the_hatch_and_nothing_else() {
    let door = Door::at("127.0.0.1:0");
    for path in
        ["/", "/intake", "/board", "/leave", "/uploads", "/status", "/scan", "/backup", "/pickup", "/x"]
    {
        let (answer, _) = ask(&door, kx_group::X25519MLKEM768, Some("ann"), &get(path)).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 404"), "{path}: {}", String::from_utf8_lossy(&answer));
    }
    let tip = post(this_week(), &small_tip(1));
    let (answer, _) = ask(&door, kx_group::X25519MLKEM768, Some("ann"), &tip).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 404"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(door.stage.held().len(), 0);
}

#[test]
fn a_pickup_whose_connection_is_cut_goes_on_by_itself() {
    let door = Door::at("127.0.0.1:0");
    (1..=30).for_each(|seed| assert_eq!(door.server.post(&small_tip(seed)).status, 201));
    // Everything goes through a wire that breaks after so many bytes from the letterbox, three times.
    let wire = TcpListener::bind("127.0.0.1:0").unwrap();
    let (there, address) = (wire.local_addr().unwrap().to_string(), door.address.clone());
    let breaking = std::thread::spawn(move || {
        for most in [300_000, 700_000, 100_000, u64::MAX] {
            let (near, _) = wire.accept().unwrap();
            let far = TcpStream::connect(&address).unwrap();
            let (mut up, mut down) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            std::thread::spawn(move || {
                std::io::copy(&mut up, &mut { down.try_clone().unwrap() }).map(|_| down.flush())
            });
            let _ = std::io::copy(&mut (&far).take(most), &mut &near);
            let _ = (near.shutdown(std::net::Shutdown::Both), far.shutdown(std::net::Shutdown::Both));
        }
    });
    let mut pickup = door.stage.command_alone();
    pickup.args(["pickup", "--courier", &there, "--pin", &door.letterbox, "--out", "cut.tar"]);
    pickup.args(["--cert", "keys/ann.cert", "--key", "keys/ann.key"]);
    let output = pickup.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(door.tips("cut.tar"), 30);
    breaking.join().unwrap();
}

#[test]
fn the_public_door_speaks_tls_where_it_is_asked_to() {
    let mut stage = Stage::new();
    run(stage.command_alone().args(["courier", "keys", "--out", "keys"]));
    let config = stage.folder.0.join("tipline.toml");
    let keys = "[listen]\npublic_cert = \"keys/letterbox.cert\"\npublic_key = \"keys/letterbox.key\"\n";
    fs::write(&config, keys).unwrap();
    stage.config = Some(config);
    let server = stage.open();
    assert!(server.journal().contains("listening on https://127.0.0.1:"));
    let address = server.address.trim_start_matches("https://").to_owned();
    let door = Door { stage, server, address, letterbox: String::new() };
    for group in [kx_group::X25519MLKEM768, kx_group::X25519] {
        let (answer, tickets) = ask(&door, group, None, &get("/")).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200") && tickets == 0, "{}", String::from_utf8_lossy(&answer));
    }
    let mut plain = TcpStream::connect(&door.address).unwrap();
    plain.write_all(&get("/")).unwrap();
    let mut came = Vec::new();
    let _ = plain.read_to_end(&mut came);
    assert!(!came.windows(4).any(|w| w == b"HTTP"));
}

#[test]
fn tors_line_comes_before_tls() {
    let mut stage = Stage::new();
    run(stage.command_alone().args(["courier", "keys", "--out", "keys"]));
    let config = stage.folder.0.join("tipline.toml");
    let keys = "[listen]\nproxy_line = true\npublic_cert = \"keys/letterbox.cert\"\npublic_key = \"keys/letterbox.key\"\n";
    fs::write(&config, keys).unwrap();
    stage.config = Some(config);
    let server = stage.open();
    let address = server.address.trim_start_matches("https://").to_owned();
    let door = Door { stage, server, address, letterbox: String::new() };
    let line = b"PROXY TCP6 fc00:dead:beef:4dad::0:14 ::1 20 80\r\n";
    let (answer, _) = ask_after(line, &door, kx_group::X25519, None, &get("/")).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    assert!(ask(&door, kx_group::X25519, None, &get("/")).is_err(), "who is not tor does not come in");
}

#[test]
fn who_begins_no_handshake_at_the_couriers_door_is_let_go() {
    let door = Door::at("127.0.0.1:0");
    let mut silent = TcpStream::connect(&door.address).unwrap();
    let mut slow = TcpStream::connect(&door.address).unwrap();
    // The first bytes of a ClientHello of 512 bytes, and no more.
    slow.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).unwrap();
    for stream in [&mut silent, &mut slow] {
        stream.set_read_timeout(Some(Duration::from_secs(300))).unwrap();
        let mut came = Vec::new();
        match stream.read_to_end(&mut came) {
            Ok(_) => assert!(came.is_empty(), "not a word"),
            Err(fault) => assert_eq!(fault.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }
}
