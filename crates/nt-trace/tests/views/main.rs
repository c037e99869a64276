//! Views of a trace: timeline, JSON lines, summary, explanation.

#[path = "../support/life.rs"]
#[expect(dead_code, reason = "shared with the rule tests, which use all of it")]
mod life;

mod html;

use life::*;
use nt_trace::EventKind;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp};
use nt_trace::view::{self, Detail, JsonError, Summary};
use nt_trace::{Event, RuleSet};

/// A whole life with a hundred reads in it.
fn busy_life() -> Vec<Event> {
    let mut life = Life::started();
    life.step("read 100 times 64 KiB");
    for _ in 0..100 {
        life.read();
    }
    life.step("read once more").read().free_urb().surprise_removal().remove().unload();
    life.events
}

#[test]
fn a_timeline_reads_well() {
    insta::assert_snapshot!(view::timeline(&busy_life(), &[], Detail::Calls));
}

#[test]
fn a_timeline_can_show_requests_only() {
    insta::assert_snapshot!(view::timeline(&busy_life(), &[], Detail::Requests));
}

#[test]
fn a_timeline_can_show_everything() {
    let events = busy_life();
    let text = view::timeline(&events, &[], Detail::Everything);
    assert!(!text.contains("more bulk"));
    assert!(text.contains("remove lock#1 taken with irp#1"));
}

#[test]
fn a_violation_stands_where_it_was_found() {
    let mut life = Life::started();
    life.step("reads").read().read();
    life.free_urb().remove_with(|life, irp| {
        life.acquire(irp).interface(false).pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK).close_handle();
        life.wait_for_lock(irp).detach().free_interface().delete();
    });
    let found = RuleSet::judge(&life.events);
    let text = view::timeline(&life.events, &found, Detail::Calls);
    let explained: String = found.iter().map(|violation| view::explain(violation, &life.events)).collect();
    insta::assert_snapshot!(format!("{text}\n{explained}"));
}

#[test]
fn json_lines_come_back_as_they_were() {
    let events = busy_life();
    let mut lines = Vec::new();
    view::write_json_lines(&mut lines, &events).unwrap();
    assert_eq!(view::read_json_lines(&lines[..]).unwrap(), events);
    assert!(lines.starts_with(b"{\"nt_trace\":1}\n"));
}

#[test]
fn what_is_no_trace_is_refused() {
    let read = |text: &str| view::read_json_lines(text.as_bytes()).unwrap_err();
    assert!(matches!(read(""), JsonError::Version(None)));
    assert!(matches!(read("hello\n"), JsonError::Version(None)));
    assert!(matches!(read("{\"nt_trace\":99}\n"), JsonError::Version(Some(99))));
    assert!(matches!(read("{\"nt_trace\":1}\n\nhello\n"), JsonError::Line(2, _)));
}

#[test]
fn a_summary_counts_what_moved_and_what_was_checked() {
    let events = busy_life();
    let found = RuleSet::judge(&events);
    let summary = Summary::of(&events, &found).not_checked("power: requests are passed through");
    assert!(summary.is_clean());
    assert_eq!(summary.moved.transfers, 101);
    assert_eq!(summary.moved.bytes_in, 101 * 65536);
    assert_eq!(summary.moved.bytes_out, 0);
    assert_eq!(summary.moved.calls, 101 * 3);
    assert_eq!((summary.handles, summary.urbs), ((1, 1), (1, 1)));
    let text = summary.to_string();
    assert!(text.contains("6.3 MiB to the host") && text.contains("3.0 kernel calls per transfer"), "{text}");
    assert!(text.contains("no violation, no leak\n") && text.contains("not checked power"), "{text}");
}

#[test]
fn a_violation_or_a_stop_is_not_clean() {
    let mut life = Life::new();
    life.push(Deadlock { text: "thread#1 waits for event#1".into() });
    let found = RuleSet::judge(&life.events);
    let summary = Summary::of(&life.events, &found);
    assert!(!summary.is_clean());
    assert!(summary.to_string().contains("1 violation, no leak, and the machine stopped"), "{summary}");
}

#[test]
fn every_kind_of_event_has_words() {
    for kind in EventKind::one_of_each() {
        let name = kind.tag().name();
        let text = view::describe(&Event { kind, ..Event::default() });
        assert_ne!(text, name, "{name} is described by its own name");
    }
}
