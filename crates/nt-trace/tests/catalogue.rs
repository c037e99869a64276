//! The tables of the catalogue agree with the rules, with the compile-fail tests, with the driver's imports, and with the
//! specimens.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use nt_trace::RuleSet;
use nt_trace::catalogue::{self, Checked};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The parameters of 0xC9 that Driver Verifier's page has for drivers of a device stack.
const IO: &[(u32, u32)] = &[
    (0x01, 0x09),
    (0x0C, 0x12),
    (0x201, 0x23F),
    (0x240, 0x249),
    (0x24B, 0x24D),
    (0x300, 0x302),
    (0x306, 0x307),
    (0x310, 0x312),
];
/// Those of 0xC4 that a function driver can meet.
const VERIFIER: &[(u32, u32)] = &[
    (0x00, 0x02),
    (0x10, 0x16),
    (0x30, 0x32),
    (0x3B, 0x3B),
    (0x3F, 0x42),
    (0x60, 0x62),
    (0x80, 0x80),
    (0xC5, 0xC5),
    (0xD5, 0xD7),
    (0xDA, 0xDB),
    (0xDD, 0xDD),
    (0xFA, 0xFB),
    (0x121, 0x122),
    (0x131, 0x131),
    (0x135, 0x135),
    (0x1000, 0x100B),
];
/// Those of the USB stacks.
const USB3: &[(u32, u32)] = &[(0x1, 0x1), (0x3, 0x3), (0x800, 0x807)];
const OTHERS: &[&str] = &["0x44", "0x48", "0x9F/0x1", "0x9F/0x3", "0xCE", "0xFE/0x2", "0xFE/0x4"];

#[test]
fn every_code_is_in_the_table_exactly_once() {
    let mut expected: Vec<String> = OTHERS.iter().map(ToString::to_string).collect();
    for (check, ranges) in [(0xC9, IO), (0xC4, VERIFIER), (0x144, USB3)] {
        let numbers = ranges.iter().flat_map(|(from, to)| *from..=*to);
        let narrow = check == 0x144;
        expected.extend(numbers.map(|number| {
            if narrow { format!("0x{check:X}/0x{number:X}") } else { format!("0x{check:X}/0x{number:02X}") }
        }));
    }
    let mut listed: Vec<String> = catalogue::codes().map(|code| code.code.to_owned()).collect();
    expected.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn every_line_of_the_tables_parses() {
    let lines = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(catalogue::codes().count(), lines(include_str!("../src/catalogue/verifier.txt")));
    assert_eq!(catalogue::types().count(), lines(include_str!("../src/catalogue/types.txt")));
    assert_eq!(catalogue::unreachable().count(), lines(include_str!("../src/catalogue/unreachable.txt")));
}

#[test]
fn every_rule_that_a_code_names_exists() {
    let implemented = RuleSet::all().names();
    for code in catalogue::codes() {
        for rule in code.how.rules() {
            assert!(implemented.contains(&rule), "{}: {rule}", code.code);
        }
    }
}

#[test]
fn every_run_time_rule_is_implemented() {
    let implemented = RuleSet::all().names();
    for entry in catalogue::sdv().filter(|entry| entry.enforcement.contains('S')) {
        let checked = entry.checked(&implemented);
        assert!(matches!(checked, Checked::Here | Checked::As(_)), "{}: {checked:?}", entry.name);
    }
}

#[test]
fn every_run_time_rule_has_a_specimen_or_a_reason_why_none() {
    let table: Vec<serde_json::Value> =
        serde_json::from_str(&read("tests/specimens/expectations.json")).unwrap();
    let reasons: BTreeMap<String, String> =
        serde_json::from_str(&read("tests/specimens/rules_without_specimen.json")).unwrap();
    let caught: BTreeSet<&str> = table.iter().filter_map(|specimen| specimen["rule"].as_str()).collect();
    let implemented = RuleSet::all().names();
    for entry in catalogue::sdv().filter(|entry| entry.enforcement.contains('S')) {
        let rule = if let Checked::As(other) = entry.checked(&implemented) { other } else { entry.name };
        assert!(caught.contains(rule) || reasons.contains_key(rule), "{}: no specimen", entry.name);
    }
}

#[test]
fn every_rule_that_types_enforce_names_a_compile_fail_test() {
    let tests: BTreeMap<&str, &str> = catalogue::types().collect();
    assert_eq!(tests.len(), catalogue::types().count(), "a rule is listed twice");
    let typed = |entry: &catalogue::Entry| entry.enforcement.contains('T');
    let rules: BTreeSet<&str> = catalogue::sdv().filter(typed).map(|entry| entry.name).collect();
    assert!(tests.keys().copied().eq(rules.iter().copied()), "types.txt and the letters of sdv.txt differ");
    for (rule, test) in tests {
        assert!(test.contains("/compile_fail/"), "{rule}: {test}");
        for ending in ["rs", "stderr"] {
            assert!(root().join(test).with_extension(ending).is_file(), "{rule}: {test}.{ending}");
        }
    }
}

#[test]
fn usbclient_imports_nothing_that_is_said_to_be_out_of_reach() {
    let listed: BTreeMap<&str, Vec<&str>> = catalogue::unreachable().collect();
    let rules: BTreeSet<&str> =
        catalogue::sdv().filter(|entry| entry.enforcement == "N").map(|entry| entry.name).collect();
    assert!(
        listed.keys().copied().eq(rules.iter().copied()),
        "unreachable.txt and the letters of sdv.txt differ"
    );
    let may: String = ["ntoskrnl", "ntoskrnl-wdk", "hal", "usbd", "usbdex"]
        .map(|module| read(&format!("wdk-linux/imports/{module}.txt")))
        .concat();
    let imports: BTreeSet<&str> = may.lines().filter(|line| !line.starts_with('#')).map(str::trim).collect();
    assert!(imports.contains("IofCallDriver"), "the import lists are not where they were");
    for (rule, routines) in listed {
        for routine in routines {
            assert!(!imports.contains(routine), "{rule} is about {routine}, which usbclient may import");
        }
    }
}

#[test]
fn a_rule_that_is_only_asserted_speaks_of_each_of_its_routines() {
    use nt_trace::event::Call;
    use nt_trace::{Args, Event};
    let implemented = RuleSet::all().names();
    for (rule, routines) in catalogue::unreachable() {
        let entry = catalogue::find(rule).expect("it is in the catalogue");
        if entry.checked(&implemented) != Checked::NotReachable {
            continue;
        }
        for routine in routines {
            let kind = Call { routine: routine.into(), args: Args::none() }.into();
            let found = RuleSet::judge(&[Event { irql: 2, kind, ..Event::default() }]);
            assert!(found.iter().any(|violation| violation.rule == rule), "{rule}: {routine}");
        }
    }
}
