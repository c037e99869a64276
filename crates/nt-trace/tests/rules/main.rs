//! Every rule: silent on a good life, and the only one to speak on a trace that breaks it.

mod devices;
mod irps;
mod irql;
mod kept;
#[path = "../support/life.rs"]
mod life;
mod lock_order;
mod locks;
mod ndis;
mod neighbours;
mod others;
mod power;
mod queues;
mod unreachable;
mod usbd;
mod verifier;

use life::Life;
use nt_trace::{RuleSet, Violation, catalogue};

/// A rule's name, the code it reports, and a trace that breaks it once.
type Case = (&'static str, &'static str, fn(&mut Life));

fn cases() -> Vec<Case> {
    let irps = [irps::CASES, queues::CASES, others::CASES, power::CASES, neighbours::CASES];
    let rest = [
        usbd::CASES,
        locks::CASES,
        lock_order::CASES,
        irql::CASES,
        devices::CASES,
        verifier::CASES,
        ndis::CASES,
        unreachable::CASES,
    ];
    [irps.concat(), rest.concat()].concat()
}

fn words(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_life_is_silent() {
    let life = Life::whole();
    assert_eq!(words(&RuleSet::judge(&life.events)), Vec::<String>::new());
}

#[test]
fn a_broken_rule_speaks_once_and_alone() {
    for (rule, code, breaks) in cases() {
        let mut life = Life::new();
        breaks(&mut life);
        let found = RuleSet::judge(&life.events);
        let names: Vec<_> = found.iter().map(|violation| violation.rule.as_ref()).collect();
        assert_eq!(names, [rule], "{:#?}", words(&found));
        let [violation] = &found[..] else { unreachable!() };
        assert_eq!(violation.code.map_or_else(String::new, |code| code.to_string()), code, "{rule}");
        assert_eq!(violation.times, 1, "{rule}");
        assert!(
            !violation.detail.is_empty() && !violation.asks.is_empty() && !violation.page.is_empty(),
            "{rule}"
        );
        assert!(violation.seqs.windows(2).all(|pair| pair[0] < pair[1]), "{rule}");
    }
}

#[test]
fn every_rule_has_a_case_and_an_entry() {
    let broken: Vec<_> = cases().iter().map(|(rule, ..)| *rule).collect();
    for name in RuleSet::all().names() {
        assert!(catalogue::find(name).is_some(), "{name} is not in the catalogue");
        let by_bus_drivers = ["MarkQueryRelations", "TargetRelationNeedsRef", "CheckDeviceObjectFlags"];
        let told = broken.contains(&name) || by_bus_drivers.contains(&name);
        assert!(told, "{name} has no trace that breaks it");
    }
}
