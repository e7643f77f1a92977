//! The manifest beside the page: what code-verification extensions compare (WEBCAT, `webcat-spec/manifest.md`: the fields of
//! its `manifest` object, hashes as SHA-256 in base64url).
//!
//! Whoever releases adds the address of the source and a tree head of their log, and signs. The hash is the template's: a
//! letterbox fills in its documents, so that what it serves is compared by `tipline-server verify-site`. WEBCAT itself takes
//! no policy by hash at the time of writing; other comparers do.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The page under the name by which it is released.
const PAGE: &str = "/page.html";

/// The manifest of a finished page and its core.
pub(crate) fn of(page: &str, policy: &str, wasm: &[u8]) -> Value {
    json!({
        "app": "Tipline",
        "version": env!("CARGO_PKG_VERSION"),
        "default_csp": format!("{policy}; frame-ancestors 'none'"),
        "default_index": PAGE,
        "default_fallback": PAGE,
        "files": { PAGE: digest(page.as_bytes()) },
        "wasm": [digest(wasm)],
    })
}

fn digest(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_names_page_and_core_by_their_hashes_and_the_policy_of_the_header() {
        let manifest = of("abc", "default-src 'none'", b"");
        assert_eq!(manifest["files"]["/page.html"], "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        assert_eq!(manifest["wasm"], json!(["47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"]));
        assert_eq!(manifest["default_csp"], "default-src 'none'; frame-ancestors 'none'");
        assert_eq!((&manifest["default_index"], &manifest["default_fallback"]), (&json!(PAGE), &json!(PAGE)));
        let files: Vec<_> =
            manifest["files"].as_object().into_iter().flatten().map(|(path, _)| path.as_str()).collect();
        assert_eq!(files, [PAGE]);
    }
}
