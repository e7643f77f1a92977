//! The core that the page carries: it seals what the native core seals, gives the same reasons, wipes itself, and what it
//! cuts into parts arrives whatever breaks.

use std::process::Command;

use tipline_tests::{must, root, target};

/// Runs one of the page's own tests with the built core.
fn in_node(test: &str) -> String {
    let core = target().join("page/tipline_core.wasm");
    assert!(core.exists(), "{} is not built: run `cargo xtask page` first", core.display());
    let test = root().join("client-wasm/page/test").join(test);
    String::from_utf8(must(Command::new("node").arg(test).arg(core)).stdout).unwrap()
}

#[test]
fn the_core_in_the_page_seals_the_same_bytes_as_natively_and_wipes_itself() {
    assert_eq!(in_node("core.mjs").trim(), r#"{"golden":"same"}"#);
}

/// Cut, forgotten, refused or lied to at each request: the same bytes arrive, nothing acknowledged is sent again, and never
/// are more than two sealed parts in memory.
#[test]
fn the_page_s_upload_goes_on_wherever_it_was_cut_and_never_sends_an_acknowledged_part_again() {
    assert_eq!(in_node("upload.mjs").trim(), r#"{"upload":"same"}"#);
}
