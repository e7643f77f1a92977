//! C2SP's vectors for age: ours opens what must open, and refuses what must be refused.
//!
//! Of 143 vectors 18 are hybrid and 25 are passphrases: read as they stand. The 28 payload vectors were made for X25519,
//! but name their file key: their payloads go behind a hybrid header. The other 72 (armor, X25519) must all be refused:
//! ours reads neither.

use std::process::Command;

use base64ct::{Base64, Encoding};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tipline_envelope::{Fresh, Identity, OpenError, PublicKey, Sealer, fresh_len, open_all, passphrase};
use tipline_tests::{must, node_folder};
use tipline_wire::outer::OuterError;
use zeroize::Zeroizing;

/// Valid age files that are no tips: they also name a recipient of another kind.
const HYBRID_ONLY: [&str; 2] = ["hybrid_and_x25519", "hybrid_grease"];

struct Vector {
    name: String,
    expect: String,
    payload: Option<String>,
    file_key: Option<String>,
    identities: Vec<String>,
    passphrases: Vec<String>,
    armored: bool,
    file: Vec<u8>,
}

type Opened = Result<Zeroizing<Vec<u8>>, OpenError>;

fn vectors() -> Vec<Vector> {
    let out = must(Command::new("node").current_dir(node_folder()).arg("vectors.mjs")).stdout;
    std::str::from_utf8(&out).unwrap().lines().map(vector).collect()
}

fn vector(line: &str) -> Vector {
    let json: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let list =
        |key: &str| json[key].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect();
    Vector {
        name: text("name").unwrap(),
        expect: text("expect").unwrap(),
        payload: text("payload"),
        file_key: text("fileKey"),
        identities: list("identities"),
        passphrases: list("passphrases"),
        armored: json["armored"].as_bool().unwrap(),
        file: Base64::decode_vec(&text("file").unwrap()).unwrap(),
    }
}

fn of_kind(kind: &str) -> Vec<Vector> {
    vectors().into_iter().filter(|v| v.name.split('_').next() == Some(kind)).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Whether the outcome is the expected one; what opened is compared with the payload's digest.
fn check(vector: &Vector, opened: &Opened) {
    match opened {
        Ok(plain) => {
            assert_eq!(vector.expect, "success", "{} opened", vector.name);
            assert_eq!(Some(hex(&Sha256::digest(plain.as_slice()))), vector.payload, "{}", vector.name);
        }
        Err(error) => assert_ne!(vector.expect, "success", "{}: {error}", vector.name),
    }
}

fn open(vector: &Vector) -> Opened {
    let identities: Vec<_> = vector.identities.iter().filter_map(|text| Identity::parse(text).ok()).collect();
    open_all(&vector.file, &identities)
}

#[test]
fn hybrid_vectors_have_their_outcome() {
    let vectors = of_kind("hybrid");
    assert_eq!(vectors.len(), 18);
    let mut opened = 0;
    for vector in vectors {
        let result = open(&vector);
        if HYBRID_ONLY.contains(&vector.name.as_str()) {
            assert_eq!(result.err(), Some(OuterError::Stanza.into()), "{}", vector.name);
            continue;
        }
        check(&vector, &result);
        opened += usize::from(result.is_ok());
        // The keys decide here, not the form; and nobody learns how.
        let reasons =
            ["bad_tag", "currupted_enc_mlkem", "currupted_enc_x25519", "identity", "low_order", "no_match"];
        if reasons.iter().any(|reason| vector.name == format!("hybrid_{reason}")) {
            assert_eq!(result.err(), Some(OpenError::Refused), "{}", vector.name);
        }
    }
    assert_eq!(opened, 2);
}

#[test]
fn passphrase_vectors_have_their_outcome() {
    let vectors = of_kind("scrypt");
    assert_eq!(vectors.len(), 25);
    let mut opened = 0;
    for vector in vectors {
        for phrase in &vector.passphrases {
            let result = passphrase::open(&vector.file, phrase, 22);
            check(&vector, &result);
            opened += usize::from(result.is_ok());
            match vector.name.as_str() {
                "scrypt_work_factor_23" => {
                    assert_eq!(result.err(), Some(OpenError::Work { asked: 23, allowed: 22 }));
                }
                "scrypt_bad_tag" | "scrypt_no_match" | "scrypt_work_factor_wrong" => {
                    assert_eq!(result.err(), Some(OpenError::Refused));
                }
                _ => {}
            }
        }
    }
    assert_eq!(opened, 1);
}

/// The payload of an X25519 vector behind a hybrid header with the same file key.
fn behind_a_hybrid_header(vector: &Vector) -> (Vec<u8>, Identity) {
    let file_key = vector.file_key.as_ref().unwrap().as_bytes();
    let file_key: Vec<u8> = file_key
        .chunks(2)
        .map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 16).unwrap())
        .collect();
    let mac_line = vector.file.windows(5).position(|w| w == b"\n--- ").unwrap() + 1;
    let end = mac_line + vector.file[mac_line..].iter().position(|b| *b == b'\n').unwrap() + 1;
    let desk = Identity::from_seed([1; 32]);
    let random = [file_key, vec![7; fresh_len(1) - 16]].concat();
    let fresh = Fresh::new(Zeroizing::new(random), 1).unwrap();
    let (prefix, _) = Sealer::new(&[PublicKey::try_from(&desk.recipient()).unwrap()], fresh, 0).unwrap();
    ([&prefix[..prefix.len() - 16], &vector.file[end..]].concat(), desk)
}

#[test]
fn payload_vectors_have_their_outcome() {
    let vectors = of_kind("stream");
    assert_eq!(vectors.len(), 28);
    let mut opened = 0;
    for vector in vectors {
        let (file, desk) = behind_a_hybrid_header(&vector);
        let result = open_all(&file, &[desk]);
        check(&vector, &result);
        opened += usize::from(result.is_ok());
        assert!(matches!(result, Ok(_) | Err(OpenError::Refused)), "{}", vector.name);
    }
    assert_eq!(opened, 8);
}

#[test]
fn every_other_vector_is_refused() {
    let read = ["hybrid", "scrypt", "stream"];
    let others: Vec<_> =
        vectors().into_iter().filter(|v| !read.contains(&v.name.split('_').next().unwrap())).collect();
    assert_eq!(others.len(), 72);
    assert_eq!(others.iter().filter(|v| v.armored).count(), 33);
    for vector in others {
        assert!(matches!(open(&vector), Err(OpenError::Form(_))), "{}", vector.name);
        let phrase = vector.passphrases.first().map_or("password", String::as_str);
        assert_eq!(passphrase::open(&vector.file, phrase, 22).err(), Some(OpenError::NotPassphrase));
    }
}
