//! The core in WebAssembly's text format, between the compiler and the translation: what of it costs many bytes is said in fewer.
//!
//! It is the text that `wasm-dis` prints: each instruction begins a line, each function ends with a line ` )`.

use std::collections::BTreeSet;

/// Parts of the names of functions that only tell of a panic. The core has nobody to tell: where one of them is called, it traps.
const TELLING: [&str; 8] = [
    "core9panicking",
    "slice_error_fail",
    "slice_index_fail",
    "len_mismatch_fail",
    "expect_failed",
    "unwrap_failed",
    "capacity_overflow",
    "handle_error",
];

/// Traps at once where a panic was about to be told, so that what would be told can be left out.
pub(super) fn without_panic_texts(text: &str) -> String {
    let mut cut = String::with_capacity(text.len());
    let mut telling = false;
    for line in text.lines() {
        if line == " )" {
            telling = false;
        }
        if !telling {
            cut += line;
            cut.push('\n');
        }
        if let Some(name) = line.strip_prefix(" (func $") {
            let name = name.split([' ', ')']).next().unwrap_or_default();
            telling = tells_of_a_panic(name) && !line.ends_with("))");
            cut += if telling { "  (unreachable)\n" } else { "" };
        }
    }
    cut
}

/// Only functions of `core` and `alloc` (Rust's v0 mangling): one of ours may be called as it likes.
fn tells_of_a_panic(name: &str) -> bool {
    ["_4core", "_5alloc"].iter().any(|library| name.contains(library))
        && TELLING.iter().any(|part| name.contains(part))
}

/// Reads and writes memory through one function of each kind where JavaScript would spell out byte by byte what
/// isn't known to lie at a multiple of its length, or in two halves what has 64 bits.
pub(super) fn memory_through_functions(text: &str) -> Result<String, String> {
    let mut used = BTreeSet::new();
    let mut all = String::with_capacity(text.len());
    for line in text.trim_end().lines() {
        match Access::of(line).filter(Access::is_long_in_javascript) {
            Some(access) => {
                let indent = line.len() - line.trim_start().len();
                all += &format!("{:indent$}(call ${} (i32.const {})\n", "", access.name(), access.offset);
                used.insert(Access { offset: 0, align: 0, ..access });
            }
            None => {
                all += line;
                all.push('\n');
            }
        }
    }
    let module = all.strip_suffix(")\n").ok_or("the text of the core has no end")?;
    Ok(used.iter().fold(module.to_owned(), |module, access| module + &access.function()) + ")\n")
}

/// An instruction that reads or writes memory: `i64.load32_u offset=8 align=1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Access<'a> {
    /// `i32` or `i64`.
    kind: &'a str,
    /// `load32_u`.
    does: &'a str,
    /// Bytes that it takes or gives.
    bytes: u32,
    offset: u32,
    align: u32,
}

impl<'a> Access<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mut words = line.trim_start().strip_prefix('(')?.split(' ');
        let (kind, does) = words.next()?.split_once('.')?;
        let bits = does.strip_prefix("load").or_else(|| does.strip_prefix("store"))?;
        let bytes = match (bits.split('_').next()?, kind) {
            ("8", _) => 1,
            ("16", _) => 2,
            ("32", _) | ("", "i32") => 4,
            ("", "i64") => 8,
            _ => return None,
        };
        let mut access = Self { kind, does, bytes, offset: 0, align: bytes };
        for word in words {
            match word.split_once('=')? {
                ("offset", value) => access.offset = value.parse().ok()?,
                ("align", value) => access.align = value.parse().ok()?,
                _ => return None,
            }
        }
        Some(access)
    }

    fn is_long_in_javascript(&self) -> bool {
        self.bytes == 8 || self.align < self.bytes
    }

    fn name(&self) -> String {
        format!("{}.{}.anywhere", self.kind, self.does)
    }

    /// Most of what isn't known to lie at a multiple of its length does: that is looked at first.
    fn function(&self) -> String {
        let Self { kind, does, .. } = self;
        let align = self.bytes.min(4);
        let (result, value, given) = match does.starts_with("load") {
            true => (format!(" (result {kind})"), String::new(), ""),
            false => (String::new(), format!(" (param $value {kind})"), " (local.get $value)"),
        };
        let at = |align| format!("({kind}.{does} align={align} (local.get $at){given})");
        format!(
            " (func ${} (param $offset i32) (param $at i32){value}{result}
  (local.set $at (i32.add (local.get $at) (local.get $offset)))
  (if{result} (i32.and (local.get $at) (i32.const {}))
   (then {}) (else {})))
",
            self.name(),
            align - 1,
            at(1),
            at(align),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_tells_of_a_panic_traps() {
        let text = "(module\n (func $_RNvNtCs1_4core9panicking5panic (param $0 i32)\n  (local $1 i32)\n  (call $2)\n )\n \
            (func $_ZN7tipline12handle_errorE\n  (nop)\n )\n)\n";
        assert_eq!(
            without_panic_texts(text),
            "(module\n (func $_RNvNtCs1_4core9panicking5panic (param $0 i32)\n  (unreachable)\n )\n (func $_ZN7tipline12handle_errorE\n  (nop)\n )\n)\n"
        );
    }

    #[test]
    fn what_is_long_in_javascript_goes_through_a_function() {
        let text = "(module\n (i32.store offset=8\n (i64.load32_u offset=4 align=1\n (i64.store align=4\n)\n";
        let all = memory_through_functions(text).unwrap();
        assert!(all.starts_with(
            "(module\n (i32.store offset=8\n (call $i64.load32_u.anywhere (i32.const 4)\n \
             (call $i64.store.anywhere (i32.const 0)\n"
        ));
        assert!(
            all.contains("(func $i64.load32_u.anywhere (param $offset i32) (param $at i32) (result i64)")
        );
        assert!(all.contains("(i64.store align=4 (local.get $at) (local.get $value))"));
        assert!(all.ends_with(")))\n)\n"));
        assert!(memory_through_functions("(module").is_err());
    }
}
