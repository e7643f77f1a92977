//! A tip's end at the letterbox: picked up, opened at the desk, acknowledged, removed; its space comes back, its key is gone.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tipline_tests::{Scratch, Stand, must, program, until};

fn bytes(folder: &Path) -> u64 {
    let sizes = std::fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let there = entry.metadata().unwrap();
        if there.is_dir() { bytes(&entry.path()) } else { there.len() }
    });
    sizes.sum()
}

#[test]
fn what_the_desk_opened_and_acknowledged_leaves_the_letterbox_and_its_space_comes_back() {
    let small_volumes_no_grace = "[store]\nvolume_mib = 1\nballast_mib = 0\n[pickup]\ngrace_days = 0\n";
    let (stand, disk) = (Stand::configured("removal", small_volumes_no_grace), Scratch::on_disk("removal"));
    let (report, photo) = (disk.at("report.json"), disk.at("photo.bin"));
    std::fs::write(&photo, vec![0xa5; 1_200_000]).unwrap();
    for n in 0..4 {
        std::fs::write(&report, json!({"report": {"story": format!("tip {n}")}}).to_string()).unwrap();
        let mut seal = Command::new(program("tipline-seal"));
        seal.arg("--report").arg(&report);
        seal.args(["--to-site", &stand.address, "--fingerprint", &stand.fingerprint]);
        if n % 2 == 1 {
            seal.arg("--original").arg(&photo);
        }
        must(&mut seal);
    }
    let volumes = stand.scratch.at("store/volumes");
    let before = bytes(&volumes);
    assert!(before > 2_400_000, "{before}");

    let fetch = |name: &str| -> Value {
        let mut pickup = stand.server_command("pickup");
        let said = must(pickup.args(["--again", "--json", "--out"]).arg(disk.at(name))).stdout;
        serde_json::from_slice(&said).unwrap()
    };
    assert_eq!(fetch("tips.tar")["tips"], 4);
    let mut open = stand.analyst("open");
    let said = must(open.arg(disk.at("tips.tar")).arg("--json").arg("--out").arg(disk.at("opened"))).stdout;
    let said = String::from_utf8(said).unwrap();
    let lines = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let acknowledged = lines.into_iter().find(|line| line["state"] == "acknowledged").unwrap();
    assert_eq!(acknowledged["holds"], 4);

    let mut hand_in = stand.server_command("pickup");
    let said = must(hand_in.arg("--acknowledge").arg(acknowledged["file"].as_str().unwrap())).stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("4 are removed now"), "{said}");
    assert_eq!(fetch("nothing.tar")["tips"], 0, "not even who asks for everything gets them");
    let after = until("the space", || Some(bytes(&volumes)).filter(|after| *after < before / 4));
    println!("{before} bytes before, {after} after");
}
