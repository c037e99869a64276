//! The lists in `wdk-linux/imports` against each other and against crates/usbdex.

use std::{collections::BTreeSet, path::Path};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn list(name: &str) -> Vec<String> {
    let text = read(&format!("wdk-linux/imports/{name}"));
    let names = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    names.filter(|name| !name.is_empty()).map(String::from).collect()
}

fn set(name: &str) -> BTreeSet<String> {
    list(name).into_iter().collect()
}

#[test]
fn no_list_names_a_routine_twice() {
    for name in [
        "ntoskrnl.txt",
        "ntoskrnl-tests.txt",
        "ntoskrnl-wdk.txt",
        "ntoskrnl-wine.txt",
        "usbd.txt",
        "usbdex.txt",
        "hal.txt",
        "retired.txt",
    ] {
        assert_eq!(list(name).len(), set(name).len(), "{name}");
    }
}

#[test]
fn what_tests_may_import_beside_is_not_what_the_driver_may() {
    assert!(set("ntoskrnl.txt").is_disjoint(&set("ntoskrnl-tests.txt")));
    assert!(set("ntoskrnl.txt").is_disjoint(&set("ntoskrnl-wdk.txt")));
    assert!(set("ntoskrnl.txt").is_disjoint(&set("ntoskrnl-wine.txt")));
}

#[test]
fn nothing_retired_is_allowed() {
    for name in ["ntoskrnl.txt", "usbd.txt", "usbdex.txt", "hal.txt"] {
        assert!(set(name).is_disjoint(&set("retired.txt")), "{name}");
    }
    assert!(!set("ntoskrnl.txt").contains("KeBugCheckEx"));
}

#[test]
fn usbdex_declares_what_its_list_names() {
    let source = read("crates/usbdex/src/lib.rs");
    let declared: BTreeSet<String> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("fn ")?.strip_suffix("();"))
        .map(String::from)
        .collect();
    assert_eq!(declared, set("usbdex.txt"));
}
