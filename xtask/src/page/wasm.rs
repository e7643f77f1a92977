//! The core as WebAssembly, without a path of this machine in it, and the same as JavaScript for browsers without.

use std::path::{Path, PathBuf};

use super::binaryen;
use crate::run::{self, Result};

const TARGET: &str = "wasm32v1-none";

/// The core in both forms.
pub(crate) struct Core {
    /// The module.
    pub(crate) wasm: Vec<u8>,
    /// A function that gives the same exports: see [`binaryen::to_javascript`].
    pub(crate) javascript: String,
}

/// Builds `tipline-core` of the workspace at `root` into `target`.
pub(crate) fn build(root: &Path, target: &Path) -> Result<Core> {
    binaryen::install()?;
    let wasm = binaryen::smaller(&compile(root, target, "wasm", &[])?)?;
    // Loops in place of rounds written out: without a compiler in the browser they are no slower, and a tenth smaller.
    let small = compile(root, target, "wasm-to-js", &["--cfg", "sha2_backend_soft=\"compact\""])?;
    Ok(Core { wasm, javascript: binaryen::to_javascript(&small)? })
}

/// Where the compiler puts the module.
fn compile(root: &Path, target: &Path, profile: &str, flags: &[&str]) -> Result<PathBuf> {
    let mut cargo = run::cargo(&["build", "--quiet", "--locked", "-p", "tipline-core", "--lib"]);
    cargo.args(["--target", TARGET, "--profile", profile]);
    cargo.current_dir(root).env("CARGO_TARGET_DIR", target);
    // Flags of the surroundings would change the bytes; the paths here must not.
    for other in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"] {
        cargo.env_remove(other);
    }
    let flags: Vec<String> =
        remaps(root).into_iter().chain(flags.iter().map(|&flag| flag.to_owned())).collect();
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    run::run(&mut cargo)?;
    Ok(target.join(TARGET).join(profile).join("tipline_core.wasm"))
}

/// The folders whose names could get into the binary, each with what stands for it.
pub(crate) fn remaps(root: &Path) -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let folders = [(Some(root.to_path_buf()), "tipline"), (home, "cargo")];
    let named = folders.into_iter().filter_map(|(folder, name)| folder.map(|folder| (folder, name)));
    named.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect()
}
