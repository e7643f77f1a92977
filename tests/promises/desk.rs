//! What the desk signs is accepted by those it is for: the letterbox, and the source's core in the page that it shows.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tipline_core::documents::{Documents, Line, Reason};
use tipline_tests::{Scratch, Stand, must, page, program};
use tipline_wire::date::Date;
use tipline_wire::site::Site;

/// The page as a visitor gets it.
fn shown(stand: &Stand) -> String {
    let host = stand.address.trim_start_matches("http://").trim_end_matches('/');
    let mut visitor = TcpStream::connect(host).unwrap();
    write!(visitor, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    visitor.read_to_string(&mut answer).unwrap();
    answer
}

/// What the source's core makes of the documents in the page.
fn checked(stand: &Stand) -> Result<Line, Reason> {
    let page = shown(stand);
    let block = page.split_once(r#"id="documents">"#).unwrap().1.split_once("</script>").unwrap().0;
    assert!(!block.contains('<'), "nothing in it can end the script element");
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let host = stand.address.trim_start_matches("http://").trim_end_matches('/');
    let today = Date::from_unix(seconds).unwrap();
    Documents::parse(block.as_bytes()).unwrap().check(host, &stand.fingerprint, today)
}

/// A form as people fill it in, from the empty one.
fn fill_in(stand: &Stand, form: &Path) {
    let empty = must(stand.analyst("site").arg("--template")).stdout;
    let mut filled: Value = serde_json::from_slice(&empty).unwrap();
    filled["languages"] = json!(["ug", "zh-Hans", "en"]);
    for (field, text) in filled["texts"]["en"].as_object_mut().unwrap() {
        *text = format!("{field}: </script><script>alert(1)</script> & \"so on\"\nئۇيغۇرچە").into();
    }
    std::fs::write(form, filled.to_string()).unwrap();
}

#[test]
fn a_site_document_from_the_desk_is_published_shown_and_accepted_by_the_page() {
    let stand = Stand::new("site");
    assert_eq!(checked(&stand).unwrap().site, None);
    let form = stand.scratch.at("form.json");
    fill_in(&stand, &form);
    let out = stand.scratch.at("stick");
    let sign = || {
        let mut sign = stand.analyst("site");
        must(sign.arg(&form).arg("--page").arg(page()).arg("--out").arg(&out).arg("--yes"));
        std::fs::read_to_string(out.join("site.json")).unwrap()
    };
    let first = sign();
    must(stand.server_command("publish").arg(out.join("site.json")));
    let line = checked(&stand).expect("the core accepts it");
    assert_eq!((line.org.as_str(), line.site.as_ref()), ("Test Relief", Some(&first)));
    let site = Site::parse(&first).unwrap();
    assert!(site.serial == 1 && site.texts["en"].kept.starts_with("kept: </script>"));

    // A newer one replaces it; the older one doesn't come back.
    let (old, old_signature) = (first, std::fs::read_to_string(out.join("site.json.sig")).unwrap());
    let second = sign();
    must(stand.server_command("publish").arg(out.join("site.json")));
    std::fs::write(out.join("site.json"), &old).unwrap();
    std::fs::write(out.join("site.json.sig"), old_signature).unwrap();
    assert!(!stand.server_command("publish").arg(out.join("site.json")).status().unwrap().success());
    assert_eq!(checked(&stand).unwrap().site, Some(second));
}

#[test]
fn what_the_desk_acknowledges_is_left_out_of_the_next_pickup_and_nothing_else() {
    let (stand, disk) = (Stand::new("acknowledged"), Scratch::on_disk("acknowledged"));
    let report = stand.scratch.at("report.json");
    let send = |story: &str| {
        std::fs::write(&report, json!({"report": {"story": story}}).to_string()).unwrap();
        let mut seal = Command::new(program("tipline-seal"));
        must(seal.arg("--report").arg(&report).args([
            "--to-site",
            &stand.address,
            "--fingerprint",
            &stand.fingerprint,
        ]));
    };
    let fetch = |name: &str| {
        let file = disk.at(name);
        let said = must(stand.server_command("pickup").arg("--out").arg(&file).arg("--json")).stdout;
        (file, serde_json::from_slice::<Value>(&said).unwrap())
    };
    let open = |file: &Path| {
        let out =
            must(stand.analyst("open").arg(file).arg("--json").arg("--out").arg(disk.at("opened"))).stdout;
        let lines = String::from_utf8(out).unwrap();
        let said: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        said.into_iter().find(|line| line["state"] == "acknowledged").expect("an acknowledgement")
    };
    (1..=2).for_each(|n| send(&format!("tip {n}")));
    let (first, said) = fetch("first.tar");
    assert_eq!((&said["tips"], &said["left_out"]), (&2.into(), &0.into()));
    let ack = open(&first);
    assert_eq!((&ack["holds"], &ack["pickup"]), (&2.into(), &said["pickup"]));
    send("tip 3");
    must(stand.server_command("pickup").arg("--acknowledge").arg(ack["file"].as_str().unwrap()));
    let (second, said) = fetch("second.tar");
    assert_eq!((&said["tips"], &said["left_out"]), (&1.into(), &2.into()));
    // Changed by one letter, it is nobody's word.
    let ack = open(&second);
    let file = ack["file"].as_str().unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, text.replace("holds", "damaged")).unwrap();
    assert!(!stand.server_command("pickup").arg("--acknowledge").arg(file).status().unwrap().success());
    assert_eq!(fetch("third.tar").1["left_out"], 2);
    std::fs::write(file, text).unwrap();
    must(stand.server_command("pickup").arg("--acknowledge").arg(file));
    assert_eq!(fetch("fourth.tar").1["left_out"], 3);
}
