//! The device fundamentals tests of the hardware lab kit, and the settings of the USB client driver verifier.

use std::{fs, path::Path};

use ntsim::scenario::library::{self, hlk};
use scenarios::{demand_clean_in, machine};

/// Orders of threads in which each is played, beside the usual one.
const SEEDS: u64 = 10;

#[test]
fn each_test_of_the_kit_passes() {
    let mut machine = machine();
    let mut played = 0;
    for scenario in hlk::tests().into_iter().filter_map(|test| test.played.ok()) {
        demand_clean_in(&mut machine, &scenario.name, SEEDS);
        played += 1;
    }
    assert!(played > 15, "{played}");
}

#[test]
fn each_setting_of_the_usb_verifier_is_borne() {
    let mut machine = machine();
    let about = ["usb_verifier", "enhanced", "port_cycled", "pulled_before"];
    let concerned = |name: &str| about.iter().any(|start| name.starts_with(start));
    let names: Vec<String> =
        library::names().into_iter().map(|(name, _)| name).filter(|name| concerned(name)).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        demand_clean_in(&mut machine, &name, SEEDS);
    }
}

/// `HLK_PAGE=write` writes it.
#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hlk.md");
    if std::env::var_os("HLK_PAGE").is_some() {
        fs::write(&path, hlk::page()).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, hlk::page(), "docs/hlk.md is not current: HLK_PAGE=write writes it");
}
