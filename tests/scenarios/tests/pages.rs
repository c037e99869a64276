//! Pages that name tests: each name is a test that exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The pages whose names are compared, and the sources that open with a table of such names.
const PAGES: [&str; 7] = [
    "crates/registration/src/ndis.rs",
    "crates/registration/src/usbd.rs",
    "crates/registration/src/win32/mod.rs",
    "crates/registration/src/winsock_spi.rs",
    "docs/defects.md",
    "docs/features.md",
    "docs/handles.md",
];
/// Where tests are.
const FOLDERS: [&str; 9] = [
    "crates/core/tests",
    "crates/nt-trace/src",
    "crates/ntsim/src",
    "crates/ntsim/tests",
    "crates/protocol/tests",
    "crates/registration/tests",
    "crates/usb-models/src",
    "tests/scenarios/tests",
    "xtask/src",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The tests of a file, as `file::function`.
fn tests_of(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let file = path.file_stem().unwrap().to_str().unwrap();
    // What stands in a folder of tests or of kinds is named by the folder too.
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        is_test |= line == "#[test]";
        // A list of tests that a macro makes: `name: seeds;`.
        let listed = line.split_once(": ").filter(|(name, rest)| is_word(name) && rest.ends_with(';'));
        if let Some((name, _seeds)) = listed {
            names.push(format!("{file}::{name}"));
        }
        let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) else { continue };
        let function = rest.split(['(', '<']).next().unwrap_or_default();
        names.push(format!("{file}::{function}"));
        names.push(format!("{folder}::{function}"));
        is_test = false;
    }
    names
}

/// The scenarios of tests/wine, as `wine::name`. A test there compares this table with what is played.
fn played_under_wine() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/wine.md")).unwrap();
    let (_, table) = page.split_once("<!-- scenarios -->").unwrap();
    let (table, _) = table.split_once("<!-- end of scenarios -->").unwrap();
    let names = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    names.map(|name| format!("wine::{name}")).collect()
}

/// What is quoted as code in a page.
fn quoted(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2)
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `file::function`, and nothing else: paths of types and modules have capitals or more parts.
fn is_test_name(text: &str) -> bool {
    text.split_once("::").is_some_and(|(file, function)| is_word(file) && is_word(function))
}

#[test]
fn every_test_that_a_page_names_is_there() {
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(&root().join(folder), &mut files);
    }
    let mut tests: BTreeSet<_> = files.iter().flat_map(|path| tests_of(path)).collect();
    tests.extend(played_under_wine());
    assert!(tests.len() > 300, "the tests are not where they are looked for");
    let mut missing = Vec::new();
    let mut named = 0;
    for page in PAGES {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for name in quoted(&text).filter(|text| is_test_name(text)) {
            named += 1;
            if !tests.contains(name) {
                missing.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(named > 50, "the pages name {named} tests");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_program_specimen_and_file_that_a_page_names_is_there() {
    let mut missing = Vec::new();
    for page in PAGES {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for program in quoted(&text).filter(|text| text.starts_with("compile_fail/")) {
            let there = ["crates/core/tests", "crates/registration/tests"]
                .iter()
                .any(|folder| root().join(folder).join(program).is_file());
            if !there {
                missing.push(format!("{page}: {program}"));
            }
        }
        for file in quoted(&text).filter(|text| text.starts_with("src/") || text.starts_with("crates/")) {
            if !root().join(file).exists() {
                missing.push(format!("{page}: {file}"));
            }
        }
        for specimen in text.split("specimen `").skip(1).filter_map(|rest| rest.split('`').next()) {
            if !root().join(format!("tests/specimens/examples/{specimen}.rs")).is_file() {
                missing.push(format!("{page}: specimen {specimen}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
