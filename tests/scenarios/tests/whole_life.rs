//! The demonstration, and that it can be repeated.

use ntsim::{machine::Choices, scenario::library};
use scenarios::{assert_clean, demand_clean, live, machine, order};

#[test]
fn whole_life() {
    demand_clean("whole_life", 0);
}

#[test]
fn short_life() {
    demand_clean("short_life", 20);
}

/// Everything but the amount of data is as in the demonstration.
#[test]
fn whole_life_on_every_loopback_device() {
    let mut machine = machine();
    for model in ["loopback-fs", "loopback-hs", "loopback-ss"] {
        let life = live(&mut machine, &library::whole_life_of(model, 4 << 20), Choices::InTurn);
        assert_clean(&life, model);
        assert_eq!(order::handles_are_closed_in_time(&life.events), Ok(()), "{model}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_100_times() {
    let scenario = library::whole_life_of("loopback-hs", 1 << 20);
    let mut machine = machine();
    let mut first: Option<String> = None;
    for round in 0..100 {
        let life = live(&mut machine, &scenario, Choices::Seed(7));
        assert_clean(&life, "seed 7");
        let lines: Result<Vec<String>, _> = life.events.iter().map(serde_json::to_string).collect();
        let trace = lines.map(|lines| lines.join("\n")).unwrap_or_default();
        assert!(!trace.is_empty());
        match &first {
            None => first = Some(trace),
            Some(first) => assert!(*first == trace, "life {round} differs from the first"),
        }
    }
}

#[test]
fn another_seed_gives_another_trace() {
    let scenario = library::whole_life_of("loopback-hs", 1 << 20);
    let mut machine = machine();
    let one = live(&mut machine, &scenario, Choices::Seed(1));
    let other = live(&mut machine, &scenario, Choices::Seed(2));
    assert!(one.events != other.events);
}

#[test]
fn saved_choices_give_the_same_trace() {
    let scenario = library::whole_life_of("loopback-hs", 1 << 20);
    let mut machine = machine();
    let first = live(&mut machine, &scenario, Choices::Seed(3));
    let again = live(&mut machine, &scenario, Choices::Replay(first.choices.clone()));
    assert!(first.events == again.events);
}
