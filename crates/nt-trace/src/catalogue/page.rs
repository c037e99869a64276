//! docs/rules.md, made from the catalogue.

use std::fmt::Write;

use super::{Checked, Entry, ours, sdv};
use crate::rule::RuleSet;

const INTRODUCTION: &str = "\
# Rules

This page is generated from `crates/nt-trace`; a test compares it. Rewrite it with
`UPDATE=1 cargo test -p nt-trace`.

A rule is named after Microsoft's rule. The predicate is our one-line reading of its page, applied to a driver
that works asynchronously: a lock taken for an IRP may be given back by its completion routine, for instance.

Letters: **T** the core's types make it unrepresentable, **S** a rule judges the trace, **B** checked on the built
file, **A** advice, **N** not reachable in this driver. Codes are bug check and first parameter as Driver Verifier
or the USB stack raises them on Windows; nothing here was run on Windows.

Every name under *yes* has a trace in `crates/nt-trace/tests/rules` that breaks it and nothing else. Drivers that break
rules are in `tests/specimens`; its tables say which rule catches which, and why a rule has no driver.
";

/// The text of docs/rules.md.
#[must_use]
pub fn rules_page() -> String {
    let implemented = RuleSet::all().names();
    let mut page = String::from(INTRODUCTION);
    let all: Vec<Entry> = sdv().collect();
    let here =
        all.iter().filter(|entry| matches!(entry.checked(&implemented), Checked::Here | Checked::As(_)));
    let waiting = all.iter().filter(|entry| entry.checked(&implemented) == Checked::NotYet);
    let _ = write!(
        page,
        "\n## Static Driver Verifier's WDM rules\n\n{} rules, {} judged on the trace, {} of the others not implemented yet.\n",
        all.len(),
        here.count(),
        waiting.count()
    );
    sections(&mut page, &all, &implemented);
    page.push_str("\n## Rules without an SDV page\n");
    sections(&mut page, &ours().collect::<Vec<_>>(), &implemented);
    page
}

fn sections(page: &mut String, entries: &[Entry], implemented: &[&str]) {
    let mut set = "";
    for entry in entries {
        if entry.set != set {
            set = entry.set;
            let _ = write!(
                page,
                "\n### {set}\n\n| rule | asks | letters | code | checked |\n|---|---|---|---|---|\n"
            );
        }
        let Entry { name, enforcement, code, meaning, page: link, .. } = entry;
        let checked = words(entry.checked(implemented));
        let _ = writeln!(
            page,
            "| [{name}]({link}) | {meaning} | {} | {code} | {checked} |",
            letters(enforcement)
        );
    }
}

fn letters(enforcement: &str) -> String {
    enforcement.chars().map(String::from).collect::<Vec<_>>().join(", ")
}

fn words(checked: Checked) -> String {
    match checked {
        Checked::Here => "yes".into(),
        Checked::As(other) => format!("as {other}"),
        Checked::BuiltFile => "built file".into(),
        Checked::Types => "types".into(),
        Checked::Advice => "no: advice".into(),
        Checked::NotReachable => "no: not reachable".into(),
        Checked::NotYet => "not implemented yet: verifier".into(),
    }
}
