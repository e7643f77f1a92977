//! Golden vectors: with the random bytes given, a sealed tip is one exact byte string, here, in WASM and in JavaScript.
#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

use sha2::{Digest, Sha256};
use tipline_envelope::tip::{Step, TipSealer};
use tipline_envelope::{Fresh, Identity, PublicKey, fresh_len};
use zeroize::Zeroizing;

const TIP_JSON: &[u8] = br#"{"schema":"tip-report/1"}"#;
/// 1 000 bytes that count up.
const FILE_LEN: u64 = 1_000;

/// Recipients from the seeds 1, 2, 3 …, repeated 32 times; random bytes 1, 2, … 251, 1, 2, ….
fn sealed(recipients: u8, file_sizes: &[u64]) -> Vec<u8> {
    let keys: Vec<PublicKey> = (1..=recipients)
        .map(|n| PublicKey::try_from(&Identity::from_seed([n; 32]).recipient()).unwrap())
        .collect();
    let random = (0..fresh_len(recipients)).map(|i| (i % 251) as u8 + 1).collect();
    let fresh = Fresh::new(Zeroizing::new(random), recipients).unwrap();
    let mut sealer = TipSealer::new(TIP_JSON, file_sizes, &keys, fresh).unwrap();
    let mut out = Vec::new();
    loop {
        match sealer.step().unwrap() {
            Step::Sealed(bytes) => out.extend_from_slice(bytes),
            Step::Done => return out,
            Step::Read { at, len, .. } => {
                let bytes: Vec<u8> = (at..at + len as u64).map(|i| (i % 256) as u8).collect();
                sealer.feed(&bytes).unwrap();
            }
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_tip_of_text_for_one() {
    let tip = sealed(1, &[]);
    assert_eq!(tip.len(), 86 + 1_557 + 65_552);
    assert_eq!(digest(&tip), "4bafee4b6abd5ba0b6feb6e6a1303db3ac920e9a57f168e7446286591a4c0cc9");
}

#[test]
fn a_tip_of_text_for_three() {
    let tip = sealed(3, &[]);
    assert_eq!(tip.len(), 86 + 3 * 1_557 + 65_552);
    assert_eq!(digest(&tip), "6cd0da6e13d057e071ada8c153e28124daef476aa8a91b7d11659c08040b9620");
}

#[test]
fn a_tip_with_a_file_for_three() {
    let tip = sealed(3, &[FILE_LEN]);
    assert_eq!(digest(&tip), "7a52f07594d30efd75827df98b05b4fd741364f1a67d16cd6d63e2190e5d602f");
}

#[test]
fn a_key_has_one_text() {
    let identity = Identity::from_seed([1; 32]);
    assert_eq!(
        digest(identity.to_text().as_bytes()),
        "410851449bccaf994b9427bfe1b3243d96e6b0f782c03311a16ccbb18f350f1f"
    );
    assert_eq!(
        digest(identity.recipient().to_string().as_bytes()),
        "789db149ab94ab097af6ed9c8a64b0f678a2d5e90f4ce09b4b2cad4b26b3ba4a"
    );
}
