//! The scenarios that come with the simulator.

mod any_driver;
mod build;
mod elsewhere;
mod failures;
mod files;
pub mod hlk;
mod hostile;
mod isoch;
mod knobs;
mod lasting;
mod life;
mod power;
mod queries;
mod readers;
mod recovery;
mod removal;
mod requests;
mod settings;
mod streams;
mod tracing;
mod transfers;

use super::Scenario;

pub use any_driver::any_driver;
pub use elsewhere::life_elsewhere;
pub use life::{LOOPBACK_BYTES, short_life, whole_life, whole_life_of};

/// Every scenario that is played on the loopback device, the demonstration first.
#[must_use]
pub fn all() -> Vec<Scenario> {
    let mut all = vec![life::whole_life(), life::short_life()];
    all.extend(removal::all());
    all.extend(queries::all());
    all.extend(failures::all());
    all.extend(requests::all());
    all.extend(recovery::all());
    all.extend(files::all());
    all.extend(settings::all());
    all.extend(hostile::all());
    all.extend(knobs::all());
    all.extend(hlk::all());
    all.extend(power::all());
    all.extend(isoch::all());
    all.extend(streams::all());
    all.extend(tracing::all());
    all.extend(transfers::all());
    all.extend(readers::all());
    all.extend(lasting::all());
    all
}

/// Every way in which a device can go.
#[must_use]
pub fn ways_to_go() -> Vec<Scenario> {
    removal::all()
}

/// The life that suits a device model: the demonstration for one that sends back what it was sent, otherwise
/// one that demands nothing of the device.
#[must_use]
pub fn life_of(model: &str) -> Scenario {
    if hostile::echoes(model) { whole_life_of(model, LOOPBACK_BYTES) } else { hostile::of(model) }
}

/// The names and what they are about.
#[must_use]
pub fn names() -> Vec<(String, String)> {
    all().into_iter().map(|scenario| (scenario.name, scenario.about)).collect()
}

/// The scenario with this name.
#[must_use]
pub fn by_name(name: &str) -> Option<Scenario> {
    all().into_iter().find(|scenario| scenario.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::all;
    use crate::scenario::Scenario;

    #[test]
    fn names_are_unique_and_plain() {
        let mut seen = BTreeSet::new();
        for scenario in all() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(scenario.name.chars().all(plain), "{}", scenario.name);
            assert!(seen.insert(scenario.name.clone()), "{} is there twice", scenario.name);
        }
    }

    #[test]
    fn every_scenario_can_be_written_down_and_read_again() {
        for scenario in all() {
            let text = serde_json::to_string(&scenario).unwrap_or_else(|error| error.to_string());
            let read: Result<Scenario, _> = serde_json::from_str(&text);
            assert_eq!(read.ok().as_ref(), Some(&scenario), "{text}");
        }
    }
}
