//! docs/rules.md and the catalogue agree with the rules.

use std::path::Path;

use nt_trace::RuleSet;
use nt_trace::catalogue::{self, Checked};

#[test]
fn the_page_is_generated_from_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let page = catalogue::rules_page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/rules.md is out of date: UPDATE=1 cargo test -p nt-trace rewrites it");
}

#[test]
fn the_catalogue_lists_every_wdm_rule_once() {
    let mut names: Vec<_> = catalogue::sdv().map(|entry| entry.name).collect();
    assert_eq!(names.len(), 169);
    names.extend(catalogue::ours().map(|entry| entry.name));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn every_line_of_the_catalogue_parses() {
    let lines = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(catalogue::sdv().count(), lines(include_str!("../src/catalogue/sdv.txt")));
    assert_eq!(catalogue::ours().count(), lines(include_str!("../src/catalogue/ours.txt")));
    for entry in catalogue::sdv().chain(catalogue::ours()) {
        assert!(entry.enforcement.chars().all(|letter| "TSBAN".contains(letter)), "{}", entry.name);
        assert!(entry.meaning.ends_with('.'), "{}", entry.name);
    }
}

#[test]
fn rules_of_ours_are_all_implemented() {
    let implemented = RuleSet::all().names();
    for entry in catalogue::ours() {
        assert_eq!(entry.checked(&implemented), Checked::Here, "{}", entry.name);
    }
}
