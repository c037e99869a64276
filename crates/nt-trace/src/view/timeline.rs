//! The timeline: what happened, in the order it happened, for people.
//!
//! One line is time in milliseconds, thread, IRP, and what happened, indented by call depth. `D` after the
//! thread says that it ran at `DISPATCH_LEVEL` or above. A call and its result share a line when nothing came
//! between. Ordinary data transfers after the first of their kind fold into one line.

use std::fmt::Write;

use super::amount::{bytes, plural};
use super::describe::{callback, describe};
use super::fold::{Transfer, disappears, folded, transfers};
use super::owner::owners;
pub use super::visible::Detail;
use super::visible::visible;
use crate::event::{Event, EventKind};
use crate::map::{NumberMap, ObjectMap};
use crate::names::DISPATCH_LEVEL;
use crate::object::ObjectId;
use crate::value::Arg;
use crate::violation::Violation;

/// Simulated time in milliseconds, exact.
pub(super) fn clock(time: u64) -> String {
    format!("{:>6}.{:04}", time / 10_000, time % 10_000)
}

/// A trace as text. `violations` appear where they were found, and nothing they concern is folded.
#[must_use]
pub fn timeline(events: &[Event], violations: &[Violation], detail: Detail) -> String {
    let owners = owners(events);
    let transfers = transfers(events);
    let fold = if detail == Detail::Everything {
        crate::map::ObjectSet::default()
    } else {
        folded(events, &owners, &transfers, violations)
    };
    let mut writer = Writer { detail, ..Writer::default() };
    for (event, owner) in events.iter().zip(&owners) {
        if fold.contains(owner) && disappears(&event.kind) {
            writer.fold(event, *owner, &transfers);
        } else {
            writer.event(event, *owner, transfers.contains_key(owner));
        }
        for violation in violations.iter().filter(|violation| violation.seqs.last() == Some(&event.seq)) {
            writer.violation(event, violation);
        }
    }
    writer.flush();
    writer.flush_fold();
    writer.text
}

/// A callback or call that is running on a thread.
struct Level {
    shown: bool,
    call: bool,
    /// What the call made, which its result does not tell.
    made: ObjectId,
}

/// A line that may still get its result.
struct Pending {
    thread: u32,
    line: String,
}

#[derive(Default)]
struct Writer {
    text: String,
    detail: Detail,
    levels: NumberMap<Vec<Level>>,
    pending: Option<Pending>,
    folded: Folded,
}

#[derive(Default)]
struct Folded {
    time: u64,
    count: u64,
    bytes: u64,
    what: &'static str,
}

impl Writer {
    fn fold(&mut self, event: &Event, owner: ObjectId, transfers: &ObjectMap<Transfer>) {
        if let (EventKind::IrpFinished(_), Some(transfer)) = (&event.kind, transfers.get(&owner)) {
            if self.folded.what != transfer.what() {
                self.flush_fold();
            }
            self.folded.what = transfer.what();
            self.folded.time = event.time;
            self.folded.count += 1;
            self.folded.bytes += transfer.bytes;
        }
    }

    fn flush_fold(&mut self) {
        let Folded { time, count, bytes: moved, what } = std::mem::take(&mut self.folded);
        if count > 0 {
            let line = format!("\u{2026} {}, {}", plural(count, &format!("more {what}")), bytes(moved));
            let _ = writeln!(self.text, "{} {:>5} {:>9}  {line}", clock(time), "", "");
        }
    }

    /// `transfer`: the event belongs to a data transfer that is shown; lines of folded ones may wait.
    fn event(&mut self, event: &Event, owner: ObjectId, transfer: bool) {
        let levels = self.levels.entry(event.thread).or_default();
        let in_call = levels.last().is_some_and(|level| level.call);
        let shown = visible(&event.kind, self.detail, in_call);
        match &event.kind {
            EventKind::Call(_) | EventKind::CallbackEnter(_) => {
                let call = matches!(event.kind, EventKind::Call(_));
                let depth = depth(levels);
                levels.push(Level { shown, call, made: ObjectId::NONE });
                if shown {
                    self.open(event, owner, transfer, depth);
                }
            }
            EventKind::Return(_) | EventKind::CallbackLeave(_) => {
                let call = matches!(event.kind, EventKind::Return(_));
                let at = levels.iter().rposition(|level| level.call == call);
                let made =
                    at.and_then(|at| levels.drain(at..).next()).map_or(ObjectId::NONE, |level| level.made);
                let depth = depth(levels);
                if shown {
                    self.close(event, owner, made, depth);
                }
            }
            EventKind::Step(step) => {
                self.flush();
                self.flush_fold();
                let gap = if self.text.is_empty() { "" } else { "\n" };
                let _ = writeln!(self.text, "{gap}{} \u{2500}\u{2500} {}", clock(event.time), step.text);
            }
            _ if shown => {
                let depth = depth(levels);
                self.before_line(transfer);
                let line = line(event, owner, depth, &describe(event));
                self.put(&line);
            }
            kind => {
                if let Some(level) = levels.last_mut().filter(|level| level.call && level.made.is_none()) {
                    level.made = made(kind);
                }
            }
        }
    }

    fn open(&mut self, event: &Event, owner: ObjectId, transfer: bool, depth: usize) {
        self.before_line(transfer);
        let line = line(event, owner, depth, &describe(event));
        self.pending = Some(Pending { thread: event.thread, line });
    }

    /// The end of a call or callback: on the same line if nothing came between.
    fn close(&mut self, event: &Event, owner: ObjectId, made: ObjectId, depth: usize) {
        let result = result(&event.kind, made);
        match self.pending.take_if(|pending| pending.thread == event.thread) {
            Some(pending) => {
                let joined =
                    result.map_or_else(|| pending.line.clone(), |r| format!("{} \u{2192} {r}", pending.line));
                self.put(&joined);
            }
            None => {
                if let Some(result) = result {
                    self.flush();
                    let line = line(event, owner, depth, &format!("\u{2192} {result}{}", ended(&event.kind)));
                    self.put(&line);
                }
            }
        }
    }

    fn before_line(&mut self, transfer: bool) {
        self.flush();
        if !transfer {
            self.flush_fold();
        }
    }

    fn flush(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.put(&pending.line);
        }
    }

    fn put(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn violation(&mut self, event: &Event, violation: &Violation) {
        self.flush();
        self.flush_fold();
        let _ = writeln!(self.text, "{} \u{203c} {violation}", clock(event.time));
    }
}

fn depth(levels: &[Level]) -> usize {
    levels.iter().filter(|level| level.shown).count()
}

fn line(event: &Event, owner: ObjectId, depth: usize, text: &str) -> String {
    let raised = if event.irql >= DISPATCH_LEVEL { "D" } else { " " };
    let thread = if event.thread == 0 { String::new() } else { format!("t{}", event.thread) };
    let irp = if owner.is_none() { String::new() } else { owner.to_string() };
    format!("{} {thread:>4}{raised} {irp:>9}  {:indent$}{text}", clock(event.time), "", indent = depth * 2)
}

fn result(kind: &EventKind, made: ObjectId) -> Option<String> {
    let value = match kind {
        EventKind::Return(back) if back.value != Arg::Void => back.value.to_string(),
        EventKind::CallbackLeave(leave) => leave.status.to_string(),
        _ if made.is_none() => return None,
        _ => return Some(made.to_string()),
    };
    let told = made.is_none() || value == made.to_string();
    Some(if told { value } else { format!("{value}, {made}") })
}

/// What a call made.
const fn made(kind: &EventKind) -> ObjectId {
    match kind {
        EventKind::DeviceCreated(made) => made.device,
        EventKind::DeviceAttached(attached) => attached.to,
        EventKind::InterfaceRegistered(made) => made.interface,
        EventKind::HandleCreated(made) => made.handle,
        EventKind::UrbAllocated(made) => made.urb,
        EventKind::WorkItemAllocated(made) => made.item,
        EventKind::MdlAllocated(made) => made.mdl,
        EventKind::KeyOpened(opened) => opened.key,
        EventKind::EtwRegistered(made) => made.provider,
        EventKind::IrpCreated(made) => made.irp,
        _ => ObjectId::NONE,
    }
}

/// Whose result it is, for a result on a line of its own.
fn ended(kind: &EventKind) -> String {
    match kind {
        EventKind::Return(back) => format!("  ({})", back.routine),
        EventKind::CallbackLeave(leave) => format!("  ({})", callback(leave.callback)),
        _ => String::new(),
    }
}
