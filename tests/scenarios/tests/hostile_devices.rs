//! Devices that lie, and devices that do not do as they are told.

use ntsim::scenario::library;
use scenarios::{demand_clean_in, machine};

fn every_scenario_that_begins_with(prefix: &str, at_least: usize) {
    let names = library::names().into_iter().map(|(name, _)| name);
    let names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    assert!(names.len() >= at_least, "only {} scenarios begin with {prefix}", names.len());
    let mut machine = machine();
    for name in names {
        demand_clean_in(&mut machine, &name, 5);
    }
}

#[test]
fn descriptors_that_lie() {
    every_scenario_that_begins_with("descriptors_", 15);
}

#[test]
fn endpoints_that_do_not_do_as_they_are_told() {
    every_scenario_that_begins_with("obstinate_", 6);
}
