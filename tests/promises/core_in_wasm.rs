//! The core that the page carries: it seals what the native core seals, gives the same reasons, and wipes itself.

use std::process::Command;

use tipline_tests::{must, root, target};

#[test]
fn the_core_in_the_page_seals_the_same_bytes_as_natively_and_wipes_itself() {
    let core = target().join("page/tipline_core.wasm");
    assert!(core.exists(), "{} is not built: run `cargo xtask page` first", core.display());
    let said = must(Command::new("node").arg(root().join("client-wasm/page/test/core.mjs")).arg(core)).stdout;
    assert_eq!(String::from_utf8(said).unwrap().trim(), r#"{"golden":"same"}"#);
}
