//! Installs what the commands need: the Rust target, the npm packages by lock file, Debian's packages when root.
//!
//! Every package that a test starts stands in [`DEBIAN`], also when most machines have it already.

use std::path::Path;
use std::process::Command;

use crate::run::{self, Result};

/// Debian package, a program of it by which we see that it is there, and what needs it.
pub(crate) const DEBIAN: &[(&str, &str, &str)] = &[
    ("chromium", "chromium", "the journey in Chromium"),
    ("firefox-esr", "firefox-esr", "the journey in Firefox"),
    ("webkit2gtk-driver", "WebKitWebDriver", "the journey in WebKit, as on an iPhone"),
    ("xvfb", "Xvfb", "the journey in WebKit, as on an iPhone"),
    (
        "fonts-noto-core",
        "/usr/share/fonts/truetype/noto/NotoSerifTibetan-Regular.ttf",
        "looking at the page in Uyghur, Tibetan and Mongolian",
    ),
    (
        "fonts-noto-cjk",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "looking at the page in Chinese and Japanese",
    ),
    ("age", "age", "reading our key files with stock tools, and the benchmark"),
    ("openssh-client", "ssh-keygen", "checking our signatures with stock tools"),
    ("openssl", "openssl", "TLS 1.2 and classical key exchange at the courier's door"),
    ("openssh-client", "ssh", "fetching through ssh"),
    ("openssh-server", "/usr/sbin/sshd", "fetching through ssh"),
    ("tar", "tar", "reading a tip with stock tools"),
    ("g++", "g++", "the fuzz targets"),
    ("gcc", "cc", "a fault at every write of the store"),
    ("libimage-exiftool-perl", "exiftool", "judging cleaned files"),
    ("mat2", "mat2", "judging cleaned files"),
    ("ffmpeg", "ffmpeg", "comparing what cleaned films and recordings play"),
    ("imagemagick", "convert-im6.q16", "comparing what cleaned pictures show"),
    ("libheif-examples", "heif-convert", "comparing what cleaned pictures show"),
    ("gcc-mingw-w64-x86-64-win32", "x86_64-w64-mingw32-gcc", "building the source's command for Windows"),
    (
        "binutils-mingw-w64-x86-64",
        "x86_64-w64-mingw32-objdump",
        "looking at the source's command for Windows",
    ),
    ("qemu-user-static", "qemu-aarch64-static", "starting the source's command for aarch64"),
    ("wine", "wine", "starting the source's command for Windows"),
    ("wine64", "/usr/lib/wine/wine64", "starting the source's command for Windows"),
    ("strace", "strace", "the test that nothing but the proxy is contacted"),
    ("e2fsprogs", "mkfs.ext4", "the full disk"),
    ("mount", "mount", "the full disk"),
    ("systemd", "systemd-analyze", "checking the service unit"),
    ("tor", "tor", "checking the torrc, and the journeys through a private Tor network"),
    ("nginx-light", "nginx", "the benchmark behind tor"),
    ("apparmor", "apparmor_parser", "checking the rule for tor's profile"),
    ("openssl", "openssl", "making the courier's key to the onion"),
    ("python3-minimal", "/usr/bin/python3", "handing sockets over as systemd does"),
    ("bsdutils", "script", "typing a passphrase on a terminal"),
    ("procps", "kill", "ending a server in order"),
    ("coreutils", "sha256sum", "checking a pickup with stock tools"),
];

/// Makes sure that the core can be built for the page.
pub(crate) fn rust_target() -> Result<()> {
    let rustup = |args: &[&str]| {
        let mut command = run::command("rustup");
        command.args(args);
        command
    };
    let here = |args: &[&str]| run::output(&mut rustup(args)).unwrap_or_default();
    if !here(&["target", "list", "--installed"]).contains("wasm32v1-none") {
        run::run(&mut rustup(&["target", "add", "wasm32v1-none"]))
            .map_err(|e| format!("the Rust target wasm32v1-none is missing and could not be added: {e}"))?;
    }
    let components = here(&["component", "list", "--installed"]);
    for component in ["clippy", "rustfmt"] {
        if !components.contains(component) {
            run::run(rustup(&["component", "add"]).arg(component))?;
        }
    }
    Ok(())
}

/// Builds the three programs as they are released.
pub(crate) fn release_programs() -> Result<()> {
    let packages = ["-p", "tipline-server", "-p", "tipline-analyst", "-p", "tipline-seal"];
    run::run(run::cargo(&["build", "--release"]).args(packages))
}

/// Installs the npm packages of the tests.
pub(crate) fn node_packages() -> Result<()> {
    packages_of(&run::root().join("tests/node"))
}

/// Installs the npm packages of a folder, exactly as its lock file says.
pub(crate) fn packages_of(folder: &Path) -> Result<()> {
    if !run::exists("npm") {
        return Err("Node with npm is missing: install Node 20 or later".into());
    }
    let lock = std::fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    run::run(
        Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder),
    )?;
    Ok(std::fs::write(stamp, lock)?)
}

/// Installs Debian's packages when it may; answers which are still missing.
pub(crate) fn debian_packages() -> Result<Vec<&'static str>> {
    let missing = || {
        DEBIAN
            .iter()
            .filter(|(_, program, _)| !there(program))
            .map(|(package, ..)| *package)
            .collect::<Vec<_>>()
    };
    let wanted = missing();
    if wanted.is_empty() || !is_root() || !run::exists("apt-get") {
        return Ok(wanted);
    }
    println!("installing Debian packages: {}", wanted.join(" "));
    let apt = |args: &[&str]| {
        let mut command = run::command("apt-get");
        // RUNLEVEL=1: no service is started by installing it.
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
        command
    };
    run::run(&mut apt(&["update", "-qq"]))?;
    run::run(
        apt(&["install", "-y", "-qq", "--no-install-recommends"])
            .args(&wanted)
            .stdout(std::process::Stdio::null()),
    )?;
    Ok(missing())
}

/// Whether this process may install packages and mount file systems.
pub(crate) fn is_root() -> bool {
    run::output(run::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn there(program: &str) -> bool {
    run::exists(program)
        || program.starts_with('/') && std::path::Path::new(program).is_file()
        || ["/usr/sbin", "/sbin"].iter().any(|folder| std::path::Path::new(folder).join(program).is_file())
}
