//! Binaryen (npm, pinned by `client-wasm/page/package-lock.json`) makes the core smaller and translates it to JavaScript;
//! esbuild takes the blanks out of that one generated text, and of nothing else.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::text;
use crate::run::{self, Result};
use crate::setup;

/// The name under which the page's scripts find the translated core.
const NAME: &str = "engineInJavaScript";

/// Installs both.
pub(crate) fn install() -> Result<()> {
    setup::packages_of(&sources())
}

/// The same module in fewer bytes.
pub(super) fn smaller(module: &Path) -> Result<Vec<u8>> {
    Ok(std::fs::read(rewritten(module, |text| Ok(text::without_panic_texts(text)))?)?)
}

/// `function engineInJavaScript()`, which gives the module's exports and needs nothing of the browser but typed arrays.
pub(super) fn to_javascript(module: &Path) -> Result<String> {
    let small = rewritten(module, |text| text::memory_through_functions(&text::without_panic_texts(text)))?;
    let to = module.with_extension("js");
    binaryen("wasm2js", &small, &to, &["-Oz"])?;
    let function = as_function(&std::fs::read_to_string(&to)?)?;
    std::fs::write(&to, function)?;
    let min = module.with_extension("min.js");
    let out = format!("--outfile={}", min.display());
    let minify =
        ["--minify", "--charset=ascii", "--target=es2020", "--log-level=error", &out].map(OsStr::new);
    run::run(&mut tool("esbuild/bin/esbuild", [to.as_os_str()].into_iter().chain(minify)))?;
    Ok(std::fs::read_to_string(min)?)
}

/// The module after a change of its text, in as few bytes as binaryen can, without names.
fn rewritten(
    module: &Path,
    change: impl FnOnce(&str) -> std::result::Result<String, String>,
) -> Result<PathBuf> {
    let [text, changed, small] =
        ["wat", "changed.wasm", "small.wasm"].map(|kind| module.with_extension(kind));
    binaryen("wasm-dis", module, &text, &[])?;
    std::fs::write(&text, change(&std::fs::read_to_string(&text)?)?)?;
    binaryen("wasm-as", &text, &changed, &[])?;
    binaryen("wasm-opt", &changed, &small, &["-Oz"])?;
    Ok(small)
}

fn binaryen(name: &str, from: &Path, to: &Path, options: &[&str]) -> Result<()> {
    let files = [from.as_os_str(), "-o".as_ref(), to.as_os_str()];
    run::run(&mut tool(&format!("binaryen/bin/{name}"), options.iter().map(OsStr::new).chain(files)))
}

/// What `wasm2js` gives as an ES module, as a function of a plain script, checked.
fn as_function(module: &str) -> Result<String> {
    const START: &str = "\nvar retasmFunc = asmFunc({\n});\n";
    const GROWN: &str = "newHEAP8.set(HEAP8);\n";
    let (body, exports) = module.split_once(START).ok_or("wasm2js: the module is not started as expected")?;
    if body.contains("imports.") || body.contains("import ") || body.matches(GROWN).count() != 1 {
        return Err("wasm2js: the translated core imports something, or its memory grows otherwise".into());
    }
    let found: Vec<&str> =
        exports.lines().filter_map(|line| line.strip_prefix("export var ")?.split(' ').next()).collect();
    if let Some(odd) = exports.lines().find(|line| !line.is_empty() && !named_as_it_is(line)) {
        return Err(format!("wasm2js renames an export: {odd}").into());
    }
    super::checks::exports(found.iter().map(|name| (*name).to_owned()).collect())?;
    // The memory that was outgrown held what a person wrote.
    let body = body.replacen(GROWN, "newHEAP8.set(HEAP8);\n HEAP8.fill(0);\n", 1);
    Ok(format!("function {NAME}() {{\n{body}\nreturn asmFunc({{}});\n}}\n"))
}

fn named_as_it_is(line: &str) -> bool {
    let name = line.strip_prefix("export var ").and_then(|line| line.split(' ').next()).unwrap_or_default();
    line == format!("export var {name} = retasmFunc.{name};")
}

/// Node's own program, or the one that is built for this machine.
fn tool<'a>(path: &str, args: impl IntoIterator<Item = &'a OsStr>) -> Command {
    let mut node = run::command("node");
    node.arg(sources().join("node_modules").join(path)).args(args);
    node
}

/// The tools are this workspace's, whichever is built: the lock file is the same.
fn sources() -> PathBuf {
    run::root().join("client-wasm/page")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str =
        "function asmFunc(imports) {\n newHEAP8.set(HEAP8);\n}\n\nvar retasmFunc = asmFunc({\n});\n";

    fn with(exports: &[&str]) -> String {
        exports
            .iter()
            .fold(MODULE.to_owned(), |all, name| all + &format!("export var {name} = retasmFunc.{name};\n"))
    }

    #[test]
    fn a_translation_with_imports_or_other_exports_is_refused() {
        let whole = with(&super::super::checks::EXPORTS);
        let function = as_function(&whole).unwrap();
        assert!(function.contains("HEAP8.fill(0)") && function.ends_with("return asmFunc({});\n}\n"));
        assert!(as_function(&with(&["memory"])).is_err());
        assert!(as_function(&whole.replace("(imports) {", "(imports) { imports.env.f();")).is_err());
        assert!(
            as_function(&whole.replace("var input = retasmFunc.input;", "var input = retasmFunc.$input;"))
                .is_err()
        );
        assert!(as_function(&whole.replace("newHEAP8", "otherHEAP8")).is_err());
    }
}
