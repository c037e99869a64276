//! What campaigns play, by the names that pieces have: scenarios of the library for usbclient, scripts that suit
//! any driver for others.

mod any_driver;
mod many_requests;

use super::Plan;
use crate::scenario::{Scenario, library};

pub use many_requests::many_requests;

/// Separates a script from the device model it is played with.
const WITH: char = '@';

/// A script and whom it was written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The script.
    pub scenario: Scenario,
    /// It was written for the driver that is tried: it must go as it says when nothing disturbs it.
    pub written_for_it: bool,
}

/// The names of everything that suits the driver of a plan.
#[must_use]
pub fn names(plan: &Plan) -> Vec<String> {
    plan.device.as_ref().map_or_else(
        || written().into_iter().map(|scenario| scenario.name).collect(),
        |model| any_driver::all(model).into_iter().map(|it| format!("{}{WITH}{model}", it.name)).collect(),
    )
}

/// What has this name.
#[must_use]
pub fn find(name: &str) -> Option<Subject> {
    if let Some((script, model)) = name.split_once(WITH) {
        let mut scenario = any_driver::all(model).into_iter().find(|scenario| scenario.name == script)?;
        name.clone_into(&mut scenario.name);
        return Some(Subject { scenario, written_for_it: false });
    }
    let scenario = written().into_iter().find(|scenario| scenario.name == name)?;
    Some(Subject { scenario, written_for_it: true })
}

/// The scripts that were written for usbclient.
fn written() -> Vec<Scenario> {
    let mut all = library::all();
    all.push(many_requests());
    all
}

#[cfg(test)]
mod tests {
    use super::{Plan, find, names};

    #[test]
    fn every_name_is_found_again() {
        let foreign = Plan { device: Some("loopback-hs".into()), ..Plan::default() };
        for plan in [Plan::default(), foreign] {
            let names = names(&plan);
            assert!(!names.is_empty());
            for name in names {
                let subject = find(&name);
                assert!(subject.is_some_and(|it| it.written_for_it == plan.device.is_none()), "{name}");
            }
        }
        assert!(find("nothing").is_none());
        assert!(find("nothing@loopback-hs").is_none());
    }
}
