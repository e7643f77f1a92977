//! Who may link what: a missing arrow is the boundary, so the tree is asked, not the manifest.

use std::process::Command;

/// A package and what it must never link. Names end where the tree's do: `sled` is not `sled-something`.
const NEVER: &[(&str, &[&str])] = &[
    ("tipline-wire", &["x25519-dalek", "chacha20poly1305", "ml-kem", "getrandom", "tokio", "hyper", "sled"]),
    ("tipline-envelope", &["getrandom", "tokio", "hyper", "sled", "std", "tipline-report", "tipline-scrub"]),
    (
        "tipline-report",
        &[
            "x25519-dalek",
            "chacha20poly1305",
            "ml-kem",
            "sha2",
            "ed25519-dalek",
            "getrandom",
            "tokio",
            "hyper",
            "sled",
        ],
    ),
    (
        "tipline-scrub",
        &[
            "x25519-dalek",
            "chacha20poly1305",
            "sha2",
            "serde",
            "serde_json",
            "getrandom",
            "tokio",
            "tipline-wire",
        ],
    ),
    ("tipline-core", &["getrandom", "tokio", "hyper", "sled", "rustls", "tipline-report", "wasm-bindgen"]),
    (
        "tipline-seal",
        &[
            "tipline-server",
            "tipline-analyst",
            "sled",
            "tokio",
            "hyper",
            "rustls",
            "openssl",
            "ring",
            "aws-lc-rs",
            "aws-lc-sys",
            // What its build script reads the page's languages with.
            "fluent-syntax",
        ],
    ),
    (
        "tipline-server",
        &[
            "tipline-envelope",
            "tipline-report",
            "tipline-scrub",
            "tipline-core",
            "x25519-dalek",
            "chacha20poly1305",
            "ml-kem",
            "age",
            "hpke",
        ],
    ),
    (
        "tipline-analyst",
        &["tokio", "hyper", "rustls", "sled", "reqwest", "ureq", "tipline-server", "tipline-core"],
    ),
];

fn linked(package: &str) -> Vec<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.current_dir(tipline_tests::root());
    tree.args([
        "tree", "--locked", "-e", "normal", "--target", "all", "--prefix", "none", "--format", "{p}", "-p",
        package,
    ]);
    let out = String::from_utf8(tipline_tests::must(&mut tree).stdout).unwrap();
    out.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn no_crate_links_what_it_must_not() {
    for (package, never) in NEVER {
        let linked = linked(package);
        assert!(linked.contains(&(*package).to_owned()), "{package} is not in its own tree");
        for forbidden in *never {
            assert!(!linked.iter().any(|name| name == forbidden), "{package} links {forbidden}");
        }
    }
}

#[test]
fn the_tree_is_really_read() {
    assert!(linked("tipline-server").contains(&"sled".to_owned()));
    assert!(linked("tipline-envelope").contains(&"chacha20poly1305".to_owned()));
}

#[test]
fn sled_is_named_in_one_folder_only() {
    let mut grep = Command::new("grep");
    grep.current_dir(tipline_tests::root()).args(["-rlE", r"\bsled::", "--include=*.rs", "."]);
    grep.args(["--exclude-dir=target", "--exclude-dir=node_modules"]);
    let files = String::from_utf8(tipline_tests::must(&mut grep).stdout).unwrap();
    let outside: Vec<&str> = files
        .lines()
        .filter(|file| {
            !file.starts_with("./server/src/store/") && !file.starts_with("./tests/promises/boundaries")
        })
        .collect();
    assert_eq!(outside, Vec::<&str>::new());
}

#[test]
fn the_locked_packages_of_server_and_desk_stay_few() {
    let mut all = [linked("tipline-server"), linked("tipline-analyst")].concat();
    all.sort();
    all.dedup();
    println!("{} packages", all.len());
    assert!(all.len() <= 200, "{} packages", all.len());
}
