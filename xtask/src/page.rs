//! `cargo xtask page`: everything that the source's browser needs, in one HTML file with a policy by hash.
//!
//! [`wasm`] builds the core, [`binaryen`] translates it, [`text`] changes its text before · [`locale`] compiles the languages, [`review`] says who has read them · [`codes`] lists the
//! codebook · [`script`] joins the scripts · [`template`] fills `page.html` · [`manifest`] names the hashes · [`checks`] what must hold of all of it.

mod binaryen;
mod checks;
mod codes;
mod locale;
mod manifest;
mod review;
mod script;
mod template;
mod text;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sha2::{Digest, Sha256};
use tipline_wire::site::LONGEST_TEMPLATE;

use crate::run::{self, Result};
pub(crate) use locale::Edition;
use wasm::Core;
pub(crate) use wasm::remaps;

/// The page's largest size as it travels, compressed, and the largest as it is. The drafts go to nobody who needs the page; they
/// carry languages that no release carries yet, with each sentence about safety twice.
///
/// The aim was 250 000 and 1 000 000. What takes the room is that the core is there twice, once for the level "Standard" and
/// once for "Safer": compressed 146 000 as WebAssembly and 187 000 as JavaScript, where each 64-bit number costs several of
/// 32 bits. All else together has 60 000, and 161 000 with the drafts and their lists of words.
fn budget(edition: Edition) -> (usize, usize) {
    const DRAFTS: (usize, usize) = (510_000, 1_300_000);
    // What reads a page takes no longer one.
    const { assert!(DRAFTS.1 <= LONGEST_TEMPLATE) };
    match edition {
        Edition::Release => (400_000, 950_000),
        Edition::Drafts => DRAFTS,
    }
}

/// A finished page.
pub(crate) struct Built {
    /// Where it was written.
    pub(crate) file: PathBuf,
    /// Hex SHA-256 of it: the template hash, for its documents are `{}`.
    pub(crate) hash: String,
    /// Bytes of the page.
    pub(crate) raw: usize,
    /// Bytes of the page, compressed.
    pub(crate) packed: usize,
    /// Bytes of the core.
    pub(crate) wasm: usize,
    /// Bytes of the core as JavaScript.
    pub(crate) javascript: usize,
}

/// Builds an edition of the page: `page.html`, and the core as `tipline_core.wasm` and `tipline_core.js` for tests and benchmarks.
pub(crate) fn build(edition: Edition) -> Result<Built> {
    let core = wasm::build(&run::root(), &run::target())?;
    write(&folder(&run::target(), edition), &run::root(), &core, edition)
}

/// `cargo xtask page`.
pub(crate) fn command(edition: Edition, check_too: bool) -> Result<ExitCode> {
    let built = build(edition)?;
    if check_too {
        check()?;
    }
    let Built { file, hash, raw, packed, wasm, javascript } = built;
    println!(
        "{}\nSHA-256 {hash}\n{raw} bytes, {packed} compressed; the core has {wasm}, as JavaScript {javascript}",
        file.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// `cargo xtask page review XX`: what two people have not read yet, as they would write it down.
pub(crate) fn to_review(tag: &str) -> Result<ExitCode> {
    let locales = locale::read_all(&run::root().join("client-wasm/page/locales"))?;
    let locale =
        locales.iter().find(|locale| locale.tag == tag).ok_or_else(|| format!("there is no {tag}.ftl"))?;
    locale.unreviewed.iter().for_each(|(key, digest)| println!("PSEUDONYM {key} {digest}"));
    Ok(ExitCode::SUCCESS)
}

/// Builds both editions of the page a second time from a copy of the sources in another folder and compares the bytes; checks the core,
/// the locales and the budget.
pub(crate) fn check() -> Result<()> {
    let (root, target) = (run::root(), run::target());
    let core = wasm::build(&root, &target)?;
    let both = |edition| write(&folder(&target, edition), &root, &core, edition);
    let here = [both(Edition::Release)?, both(Edition::Drafts)?];
    let copy = run::target().join("page-elsewhere/a folder with another name");
    checks::copy_sources(&run::root(), &copy)?;
    let core = wasm::build(&copy, &copy.join("target"))?;
    for (edition, here) in [Edition::Release, Edition::Drafts].into_iter().zip(&here) {
        let there = write(&folder(&copy.join("target"), edition), &copy, &core, edition)?;
        if here.hash != there.hash {
            return Err(format!(
                "two folders gave two pages: {} and {}",
                here.file.display(),
                there.file.display()
            )
            .into());
        }
    }
    checks::core(&core.wasm)?;
    checks::javascript(&core.javascript)?;
    checks::messages(&run::root().join("client-wasm/page"))?;
    for (edition, Built { file, raw, packed, .. }) in
        [Edition::Release, Edition::Drafts].into_iter().zip(&here)
    {
        let budget = budget(edition);
        println!("{}: {raw} bytes, {packed} compressed", file.display());
        if *packed > budget.0 || *raw > budget.1 {
            return Err(format!("the page is over its budget of {budget:?}").into());
        }
    }
    Ok(std::fs::remove_dir_all(&copy)?)
}

/// Where an edition is written, so that nobody takes one for the other.
fn folder(target: &Path, edition: Edition) -> PathBuf {
    match edition {
        Edition::Release => target.join("page"),
        Edition::Drafts => target.join("page-drafts"),
    }
}

fn write(folder: &Path, root: &Path, core: &Core, edition: Edition) -> Result<Built> {
    let sources = root.join("client-wasm/page");
    let locales = locale::carried(locale::read_all(&sources.join("locales"))?, edition);
    let script = script::join(&sources.join("js"), &locales, core)?;
    let style = std::fs::read_to_string(sources.join("style.css"))?;
    let page =
        template::fill(&std::fs::read_to_string(sources.join("page.html"))?, &locales, &style, &script)?;
    std::fs::create_dir_all(folder)?;
    let file = folder.join("page.html");
    std::fs::write(&file, &page)?;
    std::fs::write(folder.join("tipline_core.wasm"), &core.wasm)?;
    std::fs::write(folder.join("tipline_core.js"), &core.javascript)?;
    let manifest =
        manifest::of(&page, template::policy_of(&page).ok_or("the page has no policy")?, &core.wasm);
    std::fs::write(folder.join("manifest.json"), format!("{manifest:#}\n"))?;
    let packed = script::gzip(page.as_bytes())?.len();
    Ok(Built {
        file,
        hash: hex(page.as_bytes()),
        raw: page.len(),
        packed,
        wasm: core.wasm.len(),
        javascript: core.javascript.len(),
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
