//! The core as WebAssembly, without a path of this machine in it.

use std::path::{Path, PathBuf};

use crate::run::{self, Result};

const TARGET: &str = "wasm32v1-none";

/// Builds `tipline-core` of the workspace at `root` into `target`; answers the module's bytes.
pub(crate) fn build(root: &Path, target: &Path) -> Result<Vec<u8>> {
    let mut cargo = run::cargo(&[
        "build",
        "--quiet",
        "--locked",
        "-p",
        "tipline-core",
        "--lib",
        "--target",
        TARGET,
        "--profile",
        "wasm",
    ]);
    cargo.current_dir(root).env("CARGO_TARGET_DIR", target);
    // Flags of the surroundings would change the bytes; the paths here must not.
    for other in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"] {
        cargo.env_remove(other);
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remaps(root).join("\x1f"));
    run::run(&mut cargo)?;
    Ok(std::fs::read(target.join(TARGET).join("wasm/tipline_core.wasm"))?)
}

/// The folders whose names could get into the binary, each with what stands for it.
pub(crate) fn remaps(root: &Path) -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let folders = [(Some(root.to_path_buf()), "tipline"), (home, "cargo")];
    let named = folders.into_iter().filter_map(|(folder, name)| folder.map(|folder| (folder, name)));
    named.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect()
}
