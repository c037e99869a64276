//! docs/rules.md, made from the catalogue.

use std::fmt::Write;

use super::{Checked, Entry, How, codes, ours, sdv, types, unreachable};
use crate::rule::RuleSet;

const INTRODUCTION: &str = "\
# Rules

This page is generated from `crates/nt-trace`; a test compares it. Rewrite it with
`UPDATE=1 cargo test -p nt-trace`.

A rule is named after Microsoft's rule. The predicate is our one-line reading of its page, applied to a driver
that works asynchronously: a lock taken for an IRP may be given back by its completion routine, for instance.

Letters: **T** the core's types make it unrepresentable, **S** a rule judges the trace, **B** checked on the built
file, **A** advice, **N** not reachable in usbclient. Codes are bug check and first parameter as Driver Verifier
or the USB stack raises them on Windows; nothing here was run on Windows.

Every name under *yes* has a trace in `crates/nt-trace/tests/rules` that breaks it and nothing else. Drivers that break
rules are in `tests/specimens`; its tables say which rule catches which, and why a rule has no driver.
";

const VERIFIER: &str = "

## Driver Verifier's codes

The codes of I/O verification, of the other options of Driver Verifier and of the USB stacks that a driver of this
kind could meet, and those that it cannot, with the reason.

| code | on Windows | here |
|---|---|---|
";

const TYPES: &str = "

## What does not compile

| rule | compile-fail test |
|---|---|
";

const UNREACHABLE: &str = "

## What usbclient never calls

None of these routines is in `wdk-linux/imports`; a test compares. Where a driver that is not usbclient calls one, a rule
judges it, or says as advice that it is not judged.

| rule | routines |
|---|---|
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
    verifier(&mut page);
    type_table(&mut page);
    never_called(&mut page);
    page
}

fn verifier(page: &mut String) {
    page.push_str(VERIFIER);
    for code in codes() {
        let how = match code.how {
            How::Rules(names) => names.into(),
            How::Stop(why) => format!("the kernel stops: {why}"),
            How::No(why) => format!("no: {why}"),
        };
        let _ = writeln!(page, "| {} | {} | {how} |", code.code, code.what);
    }
}

fn type_table(page: &mut String) {
    page.push_str(TYPES);
    for (rule, test) in types() {
        let name = test.rsplit('/').next().unwrap_or(test);
        let _ = writeln!(page, "| {rule} | [{name}](../{test}.rs) |");
    }
}

fn never_called(page: &mut String) {
    page.push_str(UNREACHABLE);
    for (rule, routines) in unreachable() {
        let what = if routines.is_empty() { "inline code".into() } else { routines.join(", ") };
        let _ = writeln!(page, "| {rule} | {what} |");
    }
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
        Checked::NotReachable => "asserted: never called".into(),
        Checked::NotYet => "not implemented yet: verifier".into(),
    }
}
