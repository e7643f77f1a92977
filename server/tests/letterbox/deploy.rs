//! What stands in `deploy/` is what the program does: the units are hardened, tor accepts its configuration.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::stage::Folder;

fn deploy(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

#[test]
fn the_unit_is_as_closed_as_systemd_can_tell() {
    let analyze = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(deploy("tipline-server.service"))
        .output();
    let Ok(output) = analyze else {
        eprintln!("SKIPPED: systemd-analyze is missing");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let score = text.split("tipline-server.service: ").nth(1).and_then(|rest| rest.split(' ').next());
    let score: f64 = score.expect("a score").parse().unwrap();
    assert!(score <= 0.5, "exposure {score}");
}

#[test]
fn sockets_units_and_configuration_name_the_same_paths() {
    let example = fs::read_to_string(deploy("tipline.toml")).unwrap();
    for (unit, key) in [("tipline-server.socket", "public"), ("tipline-operator.socket", "operator")] {
        let text = fs::read_to_string(deploy(unit)).unwrap();
        let path = text.lines().find_map(|line| line.strip_prefix("ListenStream=")).unwrap();
        assert!(example.contains(&format!("{key} = \"unix:{path}\"")), "{unit}");
    }
    let torrc = fs::read_to_string(deploy("torrc")).unwrap();
    assert!(torrc.contains("HiddenServicePort 80 unix:/run/tipline/onion.sock"));
    assert!(torrc.contains("HiddenServiceExportCircuitID haproxy") && example.contains("proxy_line = true"));
}

#[test]
fn tor_accepts_the_torrc() {
    let folder = Folder::new();
    let text = fs::read_to_string(deploy("torrc")).unwrap();
    let own = text.replace("/var/lib/tor/tipline", &folder.0.join("onion").display().to_string());
    let path = folder.0.join("torrc");
    fs::write(&path, own).unwrap();
    let mut tor = Command::new("tor");
    tor.args(["--verify-config", "-f"]).arg(&path).arg("--DataDirectory").arg(folder.0.join("data"));
    match tor.output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(_) => eprintln!("SKIPPED: tor is missing"),
    }
}
