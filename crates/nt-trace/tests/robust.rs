//! Rules and views take any trace: one that lost events, one cut short, one read back from a file.

#[path = "support/life.rs"]
#[expect(dead_code, reason = "shared with the rule tests, which use all of it")]
mod life;

use life::Life;
use nt_trace::view::{self, Detail, Summary};
use nt_trace::{Event, RuleSet};

fn look_at(events: &[Event]) {
    let found = RuleSet::judge(events);
    for detail in [Detail::Requests, Detail::Calls, Detail::Everything] {
        assert!(view::timeline(events, &found, detail).is_empty() == events.is_empty());
    }
    for violation in &found {
        assert!(!view::explain(violation, events).is_empty());
    }
    assert!(!Summary::of(events, &found).to_string().is_empty());
}

#[test]
fn a_trace_may_miss_any_event() {
    let events = Life::whole().events;
    for missing in 0..events.len() {
        let mut rest = events.clone();
        rest.remove(missing);
        look_at(&rest);
    }
}

#[test]
fn a_trace_may_end_or_begin_anywhere() {
    let events = Life::whole().events;
    for at in 0..=events.len() {
        let (before, after) = events.split_at(at);
        look_at(before);
        look_at(after);
    }
}

#[test]
fn a_trace_that_ends_early_breaks_no_rule() {
    let events = Life::whole().events;
    for end in 0..=events.len() {
        let found = RuleSet::judge(&events[..end]);
        assert!(found.is_empty(), "after {end} events: {found:?}");
    }
}

#[test]
fn equal_traces_are_judged_equally() {
    let mut life = Life::started();
    life.close_handle().read().remove().unload();
    let first = RuleSet::judge(&life.events);
    assert!(!first.is_empty());
    let mut lines = Vec::new();
    view::write_json_lines(&mut lines, &life.events).unwrap();
    let read = view::read_json_lines(&lines[..]).unwrap();
    assert_eq!(RuleSet::judge(&read), first);
}
