//! A violation with the history of its objects, and the requests that were under way: Driver Verifier's I/O log.

use std::fmt::Write;

use super::describe::describe;
use super::timeline::clock;
use crate::event::{Event, EventKind};
use crate::names;
use crate::object::ObjectId;
use crate::violation::Violation;

/// How many events of a history are shown; the oldest go first, as the end is where it went wrong.
const HISTORY: usize = 40;

/// How many requests of the log are shown, the newest.
const LOGGED: usize = 8;

/// A request in the log.
struct Logged {
    irp: ObjectId,
    request: String,
    state: String,
}

/// The last requests that anybody sent before event number `last`, the oldest first, each with what became of it.
fn log(events: &[Event], last: u64) -> Vec<Logged> {
    let mut log: Vec<Logged> = Vec::new();
    for event in events.iter().take_while(|event| event.seq <= last) {
        let (irp, state) = match &event.kind {
            EventKind::IrpSent(sent) => {
                if !log.iter().any(|logged| logged.irp == sent.irp) {
                    if log.len() == LOGGED {
                        log.remove(0);
                    }
                    let request = names::request(sent.major, sent.minor);
                    log.push(Logged { irp: sent.irp, request, state: String::new() });
                }
                (sent.irp, format!("at {}", sent.to))
            }
            EventKind::IrpMarkedPending(marked) => (marked.irp, "marked pending".into()),
            EventKind::IrpCancelRequested(cancel) => (cancel.irp, "cancelled".into()),
            EventKind::IrpCompleteCalled(call) => (call.irp, format!("completed with {}", call.status)),
            EventKind::IrpFinished(done) => (done.irp, format!("done: {}", done.status)),
            _ => continue,
        };
        if let Some(logged) = log.iter_mut().find(|logged| logged.irp == irp) {
            logged.state = state;
        }
    }
    log
}

/// Every event that names `object`, in order.
#[must_use]
pub fn history(events: &[Event], object: ObjectId) -> Vec<&Event> {
    events.iter().filter(|event| event.kind.names(object)).collect()
}

/// A violation in full: what was asked for, what happened, where it is documented, and the history of the
/// first object up to the event where the rule was found broken; then the last requests.
#[must_use]
pub fn explain(violation: &Violation, events: &[Event]) -> String {
    let mut text = format!("{violation}\n    asked for: {}\n    see {}\n", violation.asks, violation.page);
    let last = violation.seqs.last().copied().unwrap_or(u64::MAX);
    if let Some(object) = violation.objects.first() {
        history_of(*object, violation, events, last, &mut text);
    }
    let log = log(events, last);
    if !log.is_empty() {
        text.push_str("    the last requests:\n");
    }
    for Logged { irp, request, state } in log {
        let _ = writeln!(text, "      {irp} {request}: {state}");
    }
    text
}

fn history_of(object: ObjectId, violation: &Violation, events: &[Event], last: u64, text: &mut String) {
    let mut story = history(events, object);
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
}
