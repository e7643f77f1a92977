//! What stands in `deploy/` is what the program does: the units are sound and closed, tor and its profile accept theirs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::stage::Folder;

fn deploy(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(deploy(name)).unwrap()
}

/// Runs a program of Debian's, or says that it is missing.
fn run(command: &mut Command) -> Option<Output> {
    let output = command.output().ok();
    if output.is_none() {
        eprintln!("SKIPPED: {} is missing", command.get_program().display());
    }
    output
}

fn units() -> Vec<String> {
    let names = fs::read_dir(deploy("")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let kinds = [".service", ".socket", ".timer"];
    names.filter(|name| kinds.iter().any(|kind| name.ends_with(kind))).collect()
}

#[test]
fn the_units_are_as_closed_as_systemd_can_tell() {
    // The examination needs root, the watch tor's port; the alarm is the operator's own program.
    for (unit, most) in
        [("tipline-server.service", 0.5), ("tipline-watch.service", 1.0), ("tipline-doctor.service", 1.5)]
    {
        let mut analyze = Command::new("systemd-analyze");
        analyze.args(["security", "--offline=true", "--no-pager"]).arg(deploy(unit));
        let Some(output) = run(&mut analyze) else { return };
        let said = String::from_utf8_lossy(&output.stdout);
        let score = said.split(&format!("{unit}: ")).nth(1).and_then(|rest| rest.split(' ').next());
        let score: f64 = score.expect("a score").parse().unwrap();
        assert!(score <= most, "{unit}: exposure {score}");
    }
}

#[test]
fn systemd_finds_no_fault_in_any_unit() {
    let folder = Folder::new();
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]);
    for unit in units() {
        let here = deploy("tipline-alarm").display().to_string();
        // The programs are not installed here; systemd looks whether they can be run.
        let own = text(&unit)
            .replace("/usr/bin/tipline-server", env!("CARGO_BIN_EXE_tipline-server"))
            .replace("/usr/local/sbin/tipline-alarm", &here);
        fs::write(folder.0.join(&unit), own).unwrap();
        verify.arg(folder.0.join(unit));
    }
    assert!(verify.get_args().len() >= 10, "the units were not found");
    let Some(output) = run(&mut verify) else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn sockets_units_and_configuration_name_the_same_paths() {
    let (example, torrc, profile) = (text("tipline.toml"), text("torrc"), text("apparmor-tor-local"));
    let path = |unit: &str| {
        let text = text(unit);
        text.lines().find_map(|line| line.strip_prefix("ListenStream=")).unwrap().to_owned()
    };
    for (unit, key) in [("tipline-server.socket", "public"), ("tipline-operator.socket", "operator")] {
        assert!(example.contains(&format!("{key} = \"unix:{}\"", path(unit))), "{unit}");
    }
    for (unit, port) in [("tipline-server.socket", 80), ("tipline-courier.socket", 443)] {
        let path = path(unit);
        assert!(torrc.contains(&format!("HiddenServicePort {port} unix:{path}\n")), "{unit}");
        assert!(profile.contains(&format!("{path} rw,\n")), "{unit}");
    }
    assert!(torrc.contains("HiddenServiceExportCircuitID haproxy") && example.contains("proxy_line = true"));
}

#[test]
fn tor_accepts_the_torrc() {
    let folder = Folder::new();
    let own = text("torrc").replace("/var/lib/tor/tipline", &folder.0.join("onion").display().to_string());
    let path = folder.0.join("torrc");
    fs::write(&path, own).unwrap();
    let mut tor = Command::new("tor");
    tor.args(["--verify-config", "-f"]).arg(&path).arg("--DataDirectory").arg(folder.0.join("data"));
    let Some(output) = run(&mut tor) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Debian's profile with our local part; parsed only, the kernel is not asked.
#[test]
fn apparmor_lets_tor_reach_the_two_sockets_and_nothing_else_of_ours() {
    let debian = Path::new("/etc/apparmor.d/system_tor");
    let Ok(profile) = fs::read_to_string(debian) else {
        eprintln!("SKIPPED: tor's AppArmor profile is missing");
        return;
    };
    let local = "#include <local/system_tor>";
    assert!(profile.contains(local), "Debian's profile has no local part any more");
    let folder = Folder::new();
    let path = folder.0.join("system_tor");
    let ours = format!("#include \"{}\"", deploy("apparmor-tor-local").display());
    fs::write(&path, profile.replace(local, &ours)).unwrap();
    let mut parser = Command::new("apparmor_parser");
    parser.args(["--skip-kernel-load", "--skip-cache", "--debug", "--base", "/etc/apparmor.d"]).arg(path);
    let Some(output) = run(&mut parser) else { return };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut rules: Vec<&str> = said.lines().filter(|line| line.contains("tipline")).collect();
    rules.sort_unstable();
    let rule = |socket: &str| format!("Mode:\trwa:rwa\tName:\t(/run/tipline/{socket}.sock)");
    assert_eq!(rules, [rule("courier"), rule("onion")]);
}

/// The script that people change, with the two programs that it needs replaced by ones that only show what they were given.
#[test]
fn the_alarm_says_to_two_people_what_the_watch_said() {
    let folder = Folder::new();
    for (name, script) in [
        ("journalctl", "#!/bin/sh\necho \"$@\" > asked\necho 'the board is old'\n"),
        ("mail", "#!/bin/sh\necho \"$@\" > told; cat >> told\n"),
    ] {
        use std::os::unix::fs::PermissionsExt as _;
        fs::write(folder.0.join(name), script).unwrap();
        fs::set_permissions(folder.0.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut alarm = Command::new("sh");
    let path = format!("{}:/usr/bin:/bin", folder.0.display());
    alarm.arg(fs::canonicalize(deploy("tipline-alarm")).unwrap()).env("PATH", path).current_dir(&folder.0);
    let output = alarm.env("MONITOR_UNIT", "tipline-watch.service").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = fs::read_to_string(folder.0.join("told")).unwrap();
    assert!(told.contains("first@example.org second@example.org\nthe board is old\n"), "{told}");
    assert!(fs::read_to_string(folder.0.join("asked")).unwrap().contains("--unit tipline-watch.service"));
}
