//! Whole pickups, as a courier checks them: the server that made them may be hostile. A sound one is taken whatever its
//! manifest says of itself; then the fuzzer writes over it, past what a checksum would stop.
#![no_main]
// The two files alone: the whole letterbox with its store and TLS would be built with instrumentation for one function.
#[path = "../../server/src/tar_file.rs"]
mod tar_file;
#[path = "../../server/src/client/verify.rs"]
mod verify;

use sha2::{Digest, Sha256};
use tipline_wire::pickup::{MANIFEST, Manifest, SCHEMA, SUMS, sums_line};
use tipline_wire::ustar::{Header, padding};

fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let header = Header { name: name.into(), size: content.len() as u64 };
    let zeros = vec![0; padding(header.size) as usize];
    [&header.to_block().expect("a plain name")[..], content, &zeros].concat()
}

/// A pickup without tips, with this id, that claims nothing false.
fn sound(id: String) -> Vec<u8> {
    let manifest = Manifest {
        schema: SCHEMA.into(),
        id,
        site: "any".into(),
        weeks: Vec::new(),
        complete_through: None,
        count: 0,
        bytes: 0,
    };
    let manifest = serde_json::to_vec(&manifest).expect("JSON");
    let sums = sums_line(&Sha256::digest(&manifest).into(), MANIFEST);
    [entry(MANIFEST, &manifest), entry(SUMS, sums.as_bytes()), vec![0; 1_024]].concat()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = verify::verify(&mut &*bytes);
    let Some(([high, low], over)) = bytes.split_first_chunk() else { return };
    let mut tar = sound(String::from_utf8_lossy(&over[..over.len().min(500)]).into_owned());
    verify::verify(&mut &*tar).expect("a sound pickup");
    let at = usize::from(u16::from_be_bytes([*high, *low])) % tar.len();
    let end = tar.len().min(at + over.len());
    tar[at..end].copy_from_slice(&over[..end - at]);
    let _ = verify::verify(&mut &*tar);
    tar.push(0);
    assert!(verify::verify(&mut &*tar).is_err(), "nothing may follow");
});
