//! A violation with the history of its objects.

use std::fmt::Write;

use super::describe::describe;
use super::timeline::clock;
use crate::event::Event;
use crate::object::ObjectId;
use crate::violation::Violation;

/// How many events of a history are shown; the oldest go first, as the end is where it went wrong.
const HISTORY: usize = 40;

/// Every event that names `object`, in order.
#[must_use]
pub fn history(events: &[Event], object: ObjectId) -> Vec<&Event> {
    events.iter().filter(|event| event.kind.names(object)).collect()
}

/// A violation in full: what was asked for, what happened, where it is documented, and the history of the
/// first object up to the event where the rule was found broken.
#[must_use]
pub fn explain(violation: &Violation, events: &[Event]) -> String {
    let mut text = format!("{violation}\n    asked for: {}\n    see {}\n", violation.asks, violation.page);
    let Some(object) = violation.objects.first() else { return text };
    let last = violation.seqs.last().copied().unwrap_or(u64::MAX);
    let mut story = history(events, *object);
    story.retain(|event| event.seq <= last);
    let skipped = story.len().saturating_sub(HISTORY);
    let _ = writeln!(text, "    history of {object}:");
    if skipped > 0 {
        let _ = writeln!(text, "      \u{2026} {skipped} earlier events");
    }
    for event in story.into_iter().skip(skipped) {
        let mark = if violation.seqs.contains(&event.seq) { '>' } else { ' ' };
        let site = event.site.as_ref().map_or_else(String::new, |site| format!("  [{site}]"));
        let _ =
            writeln!(text, "    {mark} {} #{:<6} {}{site}", clock(event.time), event.seq, describe(event));
    }
    text
}
