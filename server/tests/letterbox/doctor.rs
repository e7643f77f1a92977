//! `doctor` on the real server: a healthy installation is healthy, and each fault gives the line that mends it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use tipline_server::tls::identity::{self, Role};

use crate::organisation::{Organisation, Signed};
use crate::stage::*;

/// An installation as it should be, as far as one can be made in a folder: tor's configuration and the kernel's words
/// about swap and core dumps come from files of the test.
struct Ward {
    stage: Stage,
    organisation: Organisation,
    intake: Signed,
}

impl Ward {
    fn new() -> Self {
        let mut stage = Stage::new();
        let onion = stage.folder.0.join("onion.sock");
        stage.listen = format!("unix:{}", onion.display());
        let config = stage.folder.0.join("tipline.toml");
        fs::write(&config, "[listen]\nproxy_line = true\n[store]\nballast_mib = 1\nvolume_mib = 1\n")
            .unwrap();
        stage.config = Some(config);
        let released = include_str!("../../../deploy/torrc");
        let torrc = released.replace("/run/tipline/onion.sock", &onion.display().to_string());
        fs::write(stage.folder.0.join("torrc"), torrc).unwrap();
        let organisation = Organisation::new();
        let intake = organisation.intake(1, today(), 9);
        let ward = Self { stage, organisation, intake };
        ward.prepare_proc();
        ward.keep("site", &ward.organisation.site(PAGE, 7));
        ward.keep("board", &ward.organisation.fresh_board(&ward.intake));
        ward
    }

    fn at(&self, name: &str) -> PathBuf {
        self.stage.folder.0.join(name)
    }

    fn prepare_proc(&self) {
        fs::create_dir_all(self.at("proc/sys/kernel")).unwrap();
        fs::write(self.at("proc/swaps"), "Filename Type Size Used Priority\n").unwrap();
        fs::write(self.at("proc/sys/kernel/core_pattern"), "core\n").unwrap();
    }

    /// Puts a document into the store, as it lies there once it was published. Before the server starts.
    fn keep(&self, name: &str, document: &Signed) {
        let documents = self.stage.store.join("documents");
        fs::create_dir_all(&documents).unwrap();
        fs::write(documents.join(name), document.body()).unwrap();
    }

    /// The server without core dumps, its intake document published.
    fn open(&self) -> Server {
        self.keep("intake", &self.intake);
        let server = self.stage.start();
        let process = PathBuf::from(format!("/proc/{}", server.id()));
        let beside = self.at("proc").join(server.id().to_string());
        fs::create_dir(&beside).unwrap();
        for name in ["fd", "net", "root", "cwd"] {
            std::os::unix::fs::symlink(process.join(name), beside.join(name)).unwrap();
        }
        self.limit_cores(&server, "0");
        server
    }

    fn limit_cores(&self, server: &Server, limit: &str) {
        let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
        let with = |line: &str| match line.strip_prefix("Max core file size") {
            Some(_) => format!("Max core file size        {limit}        {limit}        bytes"),
            None => line.to_owned(),
        };
        let limits: Vec<_> = limits.lines().map(with).collect();
        fs::write(self.at("proc").join(server.id().to_string()).join("limits"), limits.join("\n")).unwrap();
    }

    fn doctor(&self) -> Command {
        let mut doctor = self.stage.command("doctor");
        doctor.arg("--config").arg(self.at("tipline.toml")).args(["--listen", &self.stage.listen]);
        doctor.arg("--store").arg(&self.stage.store).arg("--torrc").arg(self.at("torrc"));
        doctor.arg("--proc").arg(self.at("proc"));
        doctor.args(["--tor-group", &rustix::process::getegid().as_raw().to_string()]);
        doctor
    }

    fn run(&self) -> Output {
        self.doctor().output().unwrap()
    }

    /// The one line that must be mended.
    #[track_caller]
    fn finds(&self, check: &str, part: &str) {
        let output = self.run();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("mend")).collect();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(
            matches!(lines[..], [line] if line.starts_with(&format!("mend  {check} ")) && line.contains(part)),
            "{check}, {part}: {text}"
        );
    }

    #[track_caller]
    fn is_healthy(&self) {
        let output = self.run();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.lines().count() == 18 && text.lines().all(|line| line.starts_with("ok ")), "{text}");
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn a_healthy_installation_is_ok_in_every_line() {
    let ward = Ward::new();
    let server = ward.open();
    ward.is_healthy();
    let json = ward.doctor().args(["--json", "--skip", "tips"]).output().unwrap();
    assert_eq!(json.status.code(), Some(0), "{json:?}");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["ok"], json["checks"].as_array().unwrap().len()), (&true.into(), 18));
    assert_eq!((&json["checks"][14]["check"], &json["checks"][14]["verdict"]), (&"tips".into(), &"-".into()));
    let (_, journal) = server.stop();
    assert!(!journal.contains("fault"), "{journal}");
}

#[test]
fn sockets_that_others_can_open_are_found() {
    let ward = Ward::new();
    let _server = ward.open();
    let (onion, operator) = (ward.at("onion.sock"), ward.stage.operator());
    let set = |path: &PathBuf, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&onion, 0o666);
    ward.finds("public-door", "SocketMode=0660");
    set(&onion, 0o600);
    ward.finds("public-door", "tor cannot open");
    set(&onion, 0o660);
    set(&operator, 0o660);
    ward.finds("operator-door", "SocketMode=0600");
    set(&operator, 0o600);
    ward.is_healthy();
}

#[test]
fn what_reaches_the_disk_from_memory_is_found() {
    let ward = Ward::new();
    let server = ward.open();
    let swaps = ward.at("proc/swaps");
    fs::write(&swaps, "Filename Type Size Used Priority\n/dev/sda2 partition 9 0 -2\n").unwrap();
    ward.finds("swap", "(/dev/sda2): `swapoff -a`");
    fs::write(&swaps, "Filename Type Size Used Priority\n").unwrap();
    fs::write(ward.at("proc/sys/kernel/core_pattern"), "|/usr/bin/keeper %p\n").unwrap();
    ward.finds("core-dumps", "/usr/bin/keeper");
    fs::write(ward.at("proc/sys/kernel/core_pattern"), "core\n").unwrap();
    ward.limit_cores(&server, "unlimited");
    ward.finds("core-dumps", "LimitCORE=0");
    ward.limit_cores(&server, "0");
    ward.is_healthy();
}

#[test]
fn a_tor_that_is_configured_otherwise_is_found() {
    let ward = Ward::new();
    let _server = ward.open();
    let released = fs::read_to_string(ward.at("torrc")).unwrap();
    let with = |text: String| fs::write(ward.at("torrc"), text).unwrap();
    with(released.replace("HiddenServicePoWDefensesEnabled 1", ""));
    ward.finds("tor", "hiddenservicepowdefensesenabled 1");
    with(released.replace("HiddenServiceExportCircuitID haproxy", ""));
    ward.finds("tor", "every visitor is refused");
    with(format!("{released}\nControlPort 9051\n"));
    ward.finds("tor", "controlport 9051");
    fs::remove_file(ward.at("torrc")).unwrap();
    let output = ward.run();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("-     tor "), "not readable is not looked at: {text}");
}

#[test]
fn documents_that_run_out_or_stand_still_are_found() {
    let organisation = Organisation::new();
    let (short, good) = (organisation.intake(1, today(), 3), organisation.intake(1, today(), 9));
    let ago = |days: i32| today().plus_days(-days);
    type Break<'a> = &'a dyn Fn(&mut Ward);
    let faults: [(&str, &str, Break<'_>); 8] = [
        ("intake", "\"The keys end\" in runbooks/gone.md", &|ward| {
            ward.keep("board", &organisation.fresh_board(&short));
            ward.intake = organisation.intake(1, today(), 3);
        }),
        ("site", "tipline-analyst site", &|ward| {
            fs::remove_file(ward.stage.store.join("documents/site")).unwrap();
        }),
        ("site", "cannot be used", &|ward| {
            let path = ward.stage.store.join("documents/site");
            let changed = fs::read_to_string(&path).unwrap().replace("A sentence", "B sentence");
            fs::write(path, changed).unwrap();
        }),
        ("page", "none that the site document names", &|ward| {
            ward.keep("site", &organisation.site("another page", 7));
        }),
        ("board", "longer ago than twice", &|ward| {
            ward.keep("board", &organisation.board(&good, ago(15), ago(8), ago(16)));
        }),
        ("board", "followed by a new one", &|ward| {
            ward.keep("board", &organisation.board(&good, ago(9), ago(2), ago(10)));
        }),
        ("board", "fetch the tips", &|ward| {
            ward.keep("board", &organisation.board(&good, today(), today().plus_days(7), ago(16)));
        }),
        ("board", "another intake document", &|ward| {
            ward.keep("board", &organisation.fresh_board(&short));
        }),
    ];
    for (check, part, break_it) in faults {
        let mut ward = Ward::new();
        break_it(&mut ward);
        let _server = ward.open();
        // Without the site document others can't be compared: they are not looked at, and nothing else fails.
        ward.finds(check, part);
    }
}

#[test]
fn a_board_that_was_never_published_is_a_note_and_no_fault() {
    let ward = Ward::new();
    fs::remove_file(ward.stage.store.join("documents/board")).unwrap();
    let _server = ward.open();
    let output = ward.run();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("\nnote  board          no board was published yet"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), 17, "{text}");
}

/// A ward with a courier's door, its keys of so many days ago, and a courier's key in tor's folder.
fn with_courier(keys_days_ago: i32) -> Ward {
    let ward = Ward::new();
    let folder = ward.at("keys");
    identity::make(Role::Letterbox, "letterbox", today().plus_days(-keys_days_ago), &[8; 32])
        .unwrap()
        .write(&folder, "letterbox")
        .unwrap();
    let pin = identity::make(Role::Courier, "ann", today(), &[9; 32]).unwrap().pin;
    ward.write_courier(&format!("[\"{pin}\"]"));
    let onion = ward.at("tipline-courier");
    fs::create_dir_all(onion.join("authorized_clients")).unwrap();
    let key = format!("descriptor:x25519:{}\n", "A2".repeat(26));
    fs::write(onion.join("authorized_clients/ann.auth"), key).unwrap();
    let torrc = fs::read_to_string(ward.at("torrc")).unwrap();
    let torrc = torrc.replace("/var/lib/tor/tipline-courier\n", &format!("{}\n", onion.display()));
    let torrc = torrc.replace("/run/tipline/courier.sock", &ward.at("courier.sock").display().to_string());
    fs::write(ward.at("torrc"), torrc).unwrap();
    ward
}

impl Ward {
    fn write_courier(&self, pins: &str) {
        let config = self.at("tipline.toml");
        let text = fs::read_to_string(&config).unwrap();
        let text: String = text
            .lines()
            .filter(|line| !line.starts_with("courier"))
            .map(|line| format!("{line}\n"))
            .collect();
        let (socket, keys) = (self.at("courier.sock"), self.at("keys"));
        let door = format!(
            "[listen]\ncourier = \"unix:{}\"\ncourier_cert = \"{1}/letterbox.cert\"\ncourier_key = \"{1}/letterbox.key\"\n\
             courier_pins = {pins}\n",
            socket.display(),
            keys.display()
        );
        fs::write(config, text.replace("[listen]\n", &door)).unwrap();
    }
}

#[test]
fn a_couriers_door_that_is_not_as_it_should_be_is_found() {
    let ward = with_courier(0);
    let server = ward.open();
    let (socket, key) = (ward.at("courier.sock"), ward.at("keys/letterbox.key"));
    let set = |path: &PathBuf, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&socket, 0o660);
    ward.is_healthy();

    set(&socket, 0o666);
    ward.finds("courier-door", "SocketMode=0660 in tipline-courier.socket");
    set(&socket, 0o660);

    set(&key, 0o640);
    ward.finds("courier-keys", "others than the server can read");
    set(&key, 0o600);
    let right = fs::read(&key).unwrap();
    let another = identity::make(Role::Letterbox, "letterbox", today(), &[7; 32]).unwrap();
    another.write(&ward.at("other"), "letterbox").unwrap();
    fs::copy(ward.at("other/letterbox.key"), &key).unwrap();
    ward.finds("courier-keys", "is not the key of");
    fs::remove_file(&key).unwrap();
    ward.finds("courier-keys", "tipline-server courier keys");
    fs::write(&key, right).unwrap();
    set(&key, 0o600);

    let auth = ward.at("tipline-courier/authorized_clients/ann.auth");
    let good = fs::read(&auth).unwrap();
    fs::write(&auth, "descriptor:x25519:short").unwrap();
    ward.finds("courier-onion", "to everybody");
    fs::remove_file(&auth).unwrap();
    ward.finds("courier-onion", "to everybody");
    fs::write(&auth, good).unwrap();
    ward.is_healthy();

    // A unit's credentials are seen by that unit alone.
    let (keys, root) = (ward.at("keys"), ward.at("proc").join(server.id().to_string()).join("root"));
    let seen = ward.at("seen").join(keys.strip_prefix("/").unwrap());
    fs::create_dir_all(seen.parent().unwrap()).unwrap();
    fs::rename(&keys, seen).unwrap();
    ward.finds("courier-keys", "tipline-server courier keys");
    fs::remove_file(&root).unwrap();
    std::os::unix::fs::symlink(ward.at("seen"), &root).unwrap();
    ward.is_healthy();

    ward.write_courier("[\"SHA256:short\"]");
    let output = ward.run();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("a certificate's fingerprint was expected"), "{said}");
    ward.write_courier("[]");
    let said = String::from_utf8_lossy(&ward.run().stderr).into_owned();
    assert!(said.contains("`tipline-server courier enroll`"), "{said}");
    drop(server);
}

#[test]
fn a_couriers_certificate_is_noted_a_month_before_its_end_and_found_after() {
    for (days_ago, verdict) in [(730 - 31, "ok"), (730 - 29, "note"), (730 + 1, "mend")] {
        let ward = with_courier(days_ago);
        let _server = ward.open();
        fs::set_permissions(ward.at("courier.sock"), fs::Permissions::from_mode(0o660)).unwrap();
        let output = ward.run();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.contains(" courier-keys ")).unwrap();
        assert!(line.starts_with(&format!("{verdict} ")), "{days_ago}: {text}");
        assert_eq!(output.status.success(), verdict != "mend", "{text}");
        if verdict == "note" {
            assert!(line.contains(&today().plus_days(30).to_string()), "{line}");
        }
    }
}

#[test]
fn a_clock_before_a_document_is_found() {
    let mut ward = Ward::new();
    ward.intake = ward.organisation.intake(1, today().plus_days(30), 9);
    ward.keep("board", &ward.organisation.fresh_board(&ward.intake));
    let _server = ward.open();
    ward.finds("clock", "timedatectl");
}

#[test]
fn an_intake_document_that_was_never_published_is_found() {
    let ward = Ward::new();
    for name in ["site", "board"] {
        fs::remove_file(ward.stage.store.join("documents").join(name)).unwrap();
    }
    let server = ward.stage.start();
    let text = String::from_utf8(ward.run().stdout).unwrap();
    assert!(text.contains("mend  intake         no intake document is published"), "{text}");
    drop(server);
}

#[test]
fn a_server_on_a_port_is_found() {
    let mut ward = Ward::new();
    ward.stage.listen = "127.0.0.1:0".into();
    let server = ward.open();
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    ward.finds("listeners", &format!("port {port}"));
}

#[test]
fn a_server_that_does_not_run_is_found() {
    let ward = Ward::new();
    let output = ward.run();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("mend  server         cannot reach the server"), "{text}");
    assert!(text.contains("-     tips           the server does not answer"), "{text}");
}

#[test]
fn a_lost_ballast_and_a_volume_set_aside_are_found() {
    let ward = Ward::new();
    let server = ward.open();
    fs::write(ward.stage.store.join("ballast"), b"").unwrap();
    ward.finds("ballast", "1 MiB");
    fs::write(ward.stage.store.join("ballast"), vec![0; 1 << 20]).unwrap();
    fs::create_dir(ward.stage.store.join("volumes/9.quarantined")).unwrap();
    ward.finds("tips", "1 damaged volumes");
    fs::remove_dir(ward.stage.store.join("volumes/9.quarantined")).unwrap();
    ward.is_healthy();
    drop(server);
}

#[test]
fn a_tip_that_changed_on_the_disk_is_found() {
    let ward = Ward::new();
    let server = ward.open();
    (1..=40).for_each(|seed| {
        // A circuit may begin a few tips only.
        let mut stream = server.over(seed as u32);
        stream.write_all(&post(this_week(), &small_tip(seed))).unwrap();
        assert_eq!(read_answer(&mut stream).unwrap().status, 201);
    });
    ward.is_healthy();
    server.stop();
    let db = ward.stage.store.join("volumes/1/db");
    let mut bytes = fs::read(&db).unwrap();
    // Wherever there is what looks like sealed bytes: sled or our own check notices, and the volume is set aside or the
    // tips are counted. (Not all of it is in use: sled leaves older copies of pages behind.)
    let dense = |at: &usize| bytes[*at..at + 256].iter().filter(|byte| **byte == 0).count() < 16;
    let sealed: Vec<usize> = (0..bytes.len() - 256).step_by(4_096).filter(dense).collect();
    sealed.into_iter().for_each(|at| bytes[at + 128] ^= 1);
    fs::write(&db, bytes).unwrap();
    fs::remove_dir_all(ward.at("proc")).unwrap();
    ward.prepare_proc();
    let _again = ward.open();
    ward.finds("tips", "damaged");
}
