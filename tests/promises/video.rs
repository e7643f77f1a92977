//! A film of 40 MB over a bad connection, by somebody who reads Japanese: the line breaks again and again, the page goes on by
//! itself, nothing that was acknowledged is sent again, and nothing of what the telephone wrote into the film arrives.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tipline_tests::{Stand, exists, must, quick, skipped};

use crate::journey::{Browser, STORY, cleaned, file, sound_tip};
use crate::relay::{Cut, Relay};

/// What a telephone would write; none of it may arrive.
const PLANTED: [&str; 3] = ["+35.6581+139.7017/", "Canary Phone 12", "Canary Name"];

/// A film of about 40 MB: noise, which nothing can make small.
fn film(at: &Path) {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", "color=gray:s=1280x720:r=15:d=4,noise=alls=90:allf=t"]);
    ffmpeg.args(["-f", "lavfi", "-i", "sine=d=4", "-c:v", "mpeg4", "-q:v", "2", "-c:a", "aac", "-fs", "40M"]);
    ffmpeg.args(["-metadata", "location=+35.6581+139.7017/", "-metadata", "model=Canary Phone 12"]);
    ffmpeg.args(["-metadata", "artist=Canary Name", "-movflags", "use_metadata_tags"]);
    must(ffmpeg.arg(at));
}

fn has(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[test]
fn a_japanese_reader_sends_a_film_of_forty_megabytes_over_a_bad_connection() {
    if quick() || !exists("firefox-esr") || !exists("ffmpeg") {
        return skipped(
            "the film over a bad connection: not tried (quick run, or firefox-esr or ffmpeg is missing)",
        );
    }
    let stand = Stand::new("video");
    let source = stand.scratch.at("video.mp4");
    film(&source);
    let bytes = std::fs::read(&source).unwrap();
    assert!(bytes.len() > 30_000_000, "{} bytes", bytes.len());
    assert!(PLANTED.iter().all(|planted| has(&bytes, planted)), "the film has something to lose");

    // Every seventh request breaks: in its head, in its body, in the answer to it, or before the answer's last byte.
    let letterbox = stand.address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let mut asked = 0_usize;
    let relay = Relay::new(letterbox, move |line| {
        asked += usize::from(line.contains("/uploads"));
        let way = [Cut::Request(100), Cut::Request(400_000), Cut::Answer(0), Cut::Tail(1)];
        if line.contains("/uploads") && asked.is_multiple_of(7) { way[asked / 7 % 4] } else { Cut::No }
    });
    let address = format!("http://{}/", relay.at);
    let found = Browser::start("video", "firefox-esr", &address, &[&source, Path::new("ja")]).found();
    for nothing in ["problems", "barriers", "stored"] {
        assert_eq!(found[nothing], json!([]), "{nothing}");
    }
    let broken = relay.seen().iter().filter(|seen| seen.status.is_none()).count();
    assert!(broken >= 4, "the line broke {broken} times");
    assert_eq!(relay.sent_again(), Vec::<String>::new(), "what was acknowledged is not sent again");
    let said = found["said"].as_array().unwrap();
    assert!(
        said.iter().any(|said| said.as_str().unwrap().contains("接続")),
        "it says why it waits: {said:?}"
    );

    let tips = stand.fetch_and_open();
    assert_eq!(tips.len(), 1, "{tips:?}");
    let tip = sound_tip(&tips[0]);
    assert_eq!(tip["report"]["lang"], "ja");
    assert_eq!(tip["report"]["story"], STORY);
    let got = std::fs::read(file(&tips[0], "001")).unwrap();
    assert!(got == cleaned(&source), "{} bytes came out otherwise", got.len());
    for planted in PLANTED {
        assert!(!has(&got, planted), "{planted}");
    }
}
