//! Every scenario of the library is played by a test.

use std::{collections::BTreeSet, fs};

use ntsim::scenario::library::{self, hlk};

/// The other files of this folder.
fn sources() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let files =
        fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>());
    let texts = files.unwrap_or_default().into_iter().filter_map(|path| fs::read_to_string(path).ok());
    texts.collect()
}

#[test]
fn every_scenario_is_played() {
    let sources = sources();
    let of_the_kit: BTreeSet<String> =
        hlk::tests().into_iter().filter_map(|test| test.played.ok()).map(|scenario| scenario.name).collect();
    let by_prefix = [
        "descriptors_",
        "obstinate_",
        "pulled_during_start_",
        // hlk.rs, "each setting of the USB verifier is borne".
        "usb_verifier_",
        "enhanced_",
        "port_cycled",
        "pulled_before_",
        // recovery.rs, settings.rs.
        "pulled_during_",
    ];
    for scenario in library::all() {
        let name = scenario.name;
        let named = ["demand_clean", "demand_clean_everywhere"]
            .iter()
            .any(|demand| sources.contains(&format!("{demand}(\"{name}\"")));
        // The lists of tests that a macro makes, each named after its scenario.
        let named = named || sources.contains(&format!("\n    {name}: "));
        let in_a_list = of_the_kit.contains(&name) || by_prefix.iter().any(|prefix| name.starts_with(prefix));
        assert!(named || in_a_list, "nobody plays {name}");
    }
}
