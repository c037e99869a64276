//! Devices that lie, and devices that do not do as they are told.

use ntsim::{machine::Choices, scenario::library};
use scenarios::{assert_clean, live, machine, order};

fn every_scenario_that_begins_with(prefix: &str, at_least: usize) {
    let scenarios: Vec<_> =
        library::all().into_iter().filter(|scenario| scenario.name.starts_with(prefix)).collect();
    assert!(scenarios.len() >= at_least, "only {} scenarios begin with {prefix}", scenarios.len());
    let mut machine = machine();
    for scenario in scenarios {
        for seed in 0..5 {
            let life = live(&mut machine, &scenario, Choices::Seed(seed));
            assert_clean(&life, &scenario.name);
            assert_eq!(order::handles_are_closed_in_time(&life.events), Ok(()), "{}", scenario.name);
        }
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
