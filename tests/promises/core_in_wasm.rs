//! The core that the page carries, as WebAssembly and translated to JavaScript: it seals what the native core seals, gives
//! the same reasons, wipes itself, and what it cuts into parts arrives whatever breaks.

use std::process::Command;

use tipline_tests::{must, root, target};

/// Runs one of the page's own tests with a built core. `--jitless`: as at Tor Browser's level "Safer", nothing is compiled
/// there and there is no WebAssembly.
fn in_node(flags: &[&str], test: &str, core: &str) -> String {
    let core = target().join("page").join(core);
    assert!(core.exists(), "{} is not built: run `cargo xtask page` first", core.display());
    let test = root().join("client-wasm/page/test").join(test);
    String::from_utf8(must(Command::new("node").args(flags).arg(test).arg(core)).stdout).unwrap()
}

#[test]
fn the_core_in_the_page_seals_the_same_bytes_as_natively_and_wipes_itself() {
    assert_eq!(in_node(&[], "core.mjs", "tipline_core.wasm").trim(), r#"{"golden":"same"}"#);
}

#[test]
fn the_core_in_javascript_seals_the_same_bytes_as_natively_and_wipes_itself() {
    assert_eq!(
        in_node(&["--jitless", "--no-expose-wasm"], "core.mjs", "tipline_core.js").trim(),
        r#"{"golden":"same"}"#
    );
}

/// Cut, forgotten, refused or lied to at each request: the same bytes arrive, nothing acknowledged is sent again, and never
/// are more than two sealed parts in memory.
#[test]
fn the_page_s_upload_goes_on_wherever_it_was_cut_and_never_sends_an_acknowledged_part_again() {
    assert_eq!(in_node(&[], "upload.mjs", "tipline_core.wasm").trim(), r#"{"upload":"same"}"#);
}
