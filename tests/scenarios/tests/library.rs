//! Every scenario of the library is played by a test.

use std::fs;

use ntsim::scenario::library;

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
    let by_prefix = ["descriptors_", "obstinate_", "pulled_during_start_"];
    for scenario in library::all() {
        let name = scenario.name;
        let named = sources.contains(&format!("demand_clean(\"{name}\""));
        assert!(named || by_prefix.iter().any(|prefix| name.starts_with(prefix)), "nobody plays {name}");
    }
}
