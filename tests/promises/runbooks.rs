//! The runbooks name only commands and flags that exist, and the map of `deploy/` names every file in it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tipline_tests::{must, program, root};

const PROGRAMS: [&str; 3] = ["tipline-server", "tipline-analyst", "tipline-seal"];

fn pages() -> Vec<PathBuf> {
    let folder = root().join("deploy/runbooks");
    let mut pages: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.push(root().join("deploy/README.md"));
    pages
}

/// What stands between backticks, and indented commands after a prompt with their broken lines joined.
fn code(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    let is_block = |line: &&str| {
        let prompts = ["# ", "$ ", "desk$ "];
        line.starts_with("    ") && prompts.iter().any(|prompt| line.trim_start().starts_with(prompt))
    };
    let (blocks, prose): (Vec<&str>, Vec<&str>) = text.lines().partition(is_block);
    let prose = prose.join(" ");
    let spans = prose.split('`').skip(1).step_by(2);
    blocks.into_iter().map(str::trim).chain(spans).map(str::to_owned).collect()
}

/// The words of a command of ours, without the prompt.
fn ours(code: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> =
        code.split_whitespace().skip_while(|word| matches!(*word, "#" | "$" | "desk$")).collect();
    (words.len() > 1 && PROGRAMS.contains(words.first()?)).then_some(words)
}

fn help(program_name: &str, command: &[&str]) -> String {
    let out = must(Command::new(program(program_name)).args(command).arg("--help"));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn runbooks_name_only_commands_and_flags_that_exist() {
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for code in code(&text) {
            let Some(words) = ours(&code) else { continue };
            let is_command = |word: &&&str| {
                !word.starts_with('-') && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
            };
            let most = if words[1..].first().is_some_and(|word| matches!(*word, "keys" | "courier")) {
                2
            } else {
                1
            };
            let command: Vec<&str> = words[1..].iter().take_while(is_command).take(most).copied().collect();
            let explained = help(words[0], &command);
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                assert!(explained.contains(flag), "{}: {code}: there is no {flag}", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 25, "only {seen} commands were found");
}

#[test]
fn the_map_of_deploy_names_every_file_and_every_link_leads_somewhere() {
    let map = fs::read_to_string(root().join("deploy/README.md")).unwrap();
    for entry in fs::read_dir(root().join("deploy")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || map.contains(&name), "{name} is not in deploy/README.md");
    }
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(page.parent().unwrap().join(link).exists(), "{}: {link}", page.display());
        }
    }
}
