//! What the documents claim: each test that they name exists, each file and folder that they point to too.

use std::collections::BTreeSet;
use std::path::Path;

use tipline_tests::root;

const DOCUMENTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"];

fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "node_modules", ".git"].contains(&name.as_str()) {
            sources(&path, all);
        } else if name.ends_with(".rs") {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Everything between backticks.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_test_that_the_documents_name_exists() {
    let mut code = String::new();
    sources(&root(), &mut code);
    let mut named = 0;
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        let is_test = |word: &&str| word.matches('_').count() >= 3 && !word.contains([' ', '/', '.']);
        for test in quoted(&text).into_iter().filter(is_test) {
            assert!(code.contains(&format!("fn {test}(")), "{document} names {test}, which is no test");
            named += 1;
        }
    }
    assert!(named > 20, "only {named} tests are named: is this still reading the documents?");
}

#[test]
fn every_path_that_the_documents_name_exists() {
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        let folders =
            ["client-wasm/", "server/", "analyst/", "crates/", "deploy/", "tests/", "fuzz/", "xtask/"];
        for path in quoted(&text)
            .into_iter()
            .filter(|word| folders.iter().any(|f| word.starts_with(f)) && !word.contains(' '))
        {
            assert!(root().join(path).exists(), "{document} names {path}, which is not there");
        }
    }
}
