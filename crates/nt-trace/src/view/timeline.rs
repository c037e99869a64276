//! The timeline: what happened, in the order it happened, for people.
//!
//! One line is time in milliseconds, thread, IRP, and what happened, indented by call depth. `D` after the
//! thread says that it ran at `DISPATCH_LEVEL` or above. A call and its result share a line when nothing came
//! between. Ordinary data transfers after the first of their kind fold into one line, and so do calls of one
//! routine in a row and steps that bring nothing new.

use super::describe::{callback, describe};
use super::fold::{disappears, folded, transfers};
use super::owner::owners;
use super::page::Page;
use super::prepared::Prepared;
pub use super::visible::Detail;
use super::visible::{always, visible};
use crate::event::{Actor, Event, EventKind};
use crate::map::{NumberMap, ObjectSet};
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
    let everything = detail == Detail::Everything;
    let fold =
        if everything { ObjectSet::default() } else { folded(events, &owners, &transfers, violations) };
    let known = known_to_driver(events);
    let mut writer = Writer {
        detail,
        page: Page::default(),
        levels: NumberMap::default(),
        pending: None,
        prepared: Prepared::default(),
    };
    for (event, owner) in events.iter().zip(&owners) {
        if fold.contains(owner) && disappears(&event.kind) {
            if let (EventKind::IrpFinished(_), Some(transfer)) = (&event.kind, transfers.get(owner)) {
                writer.page.fold(event.time, transfer.what(), transfer.bytes);
            }
        } else if everything || owner.is_none() || known.contains(owner) || always(&event.kind) {
            writer.event(event, *owner, transfers.contains_key(owner));
        }
        for violation in violations.iter().filter(|violation| violation.seqs.last() == Some(&event.seq)) {
            writer.violation(event, violation);
        }
    }
    writer.flush();
    writer.page.finish()
}

/// The IRPs that the driver received, made or sent. What others do among themselves is left out.
fn known_to_driver(events: &[Event]) -> ObjectSet {
    let mut known = ObjectSet::default();
    for event in events {
        match &event.kind {
            EventKind::CallbackEnter(_) | EventKind::Call(_) => {
                event.kind.for_each_object(&mut |object| {
                    known.insert(object);
                });
            }
            EventKind::IrpSent(sent) if sent.by == Actor::Driver => {
                known.insert(sent.irp);
            }
            _ => {}
        }
    }
    known
}

/// A callback or call that is running on a thread.
struct Level {
    shown: bool,
    call: bool,
    /// What the call did that neither its arguments nor its result tell.
    did: Option<String>,
}

/// A line that may still get its result.
struct Pending {
    thread: u32,
    prefix: String,
    text: String,
    /// Equal for calls that may fold into one another, empty for callbacks.
    key: String,
    transfer: bool,
}

struct Writer {
    detail: Detail,
    page: Page,
    levels: NumberMap<Vec<Level>>,
    pending: Option<Pending>,
    prepared: Prepared,
}

impl Writer {
    /// `transfer`: the event belongs to a data transfer that is shown; lines of folded ones may wait.
    fn event(&mut self, event: &Event, owner: ObjectId, transfer: bool) {
        let levels = self.levels.entry(event.thread).or_default();
        let in_call = levels.last().is_some_and(|level| level.call && level.shown);
        let shown = visible(&event.kind, self.detail, in_call);
        let depth = |levels: &[Level]| levels.iter().filter(|level| level.shown).count();
        match &event.kind {
            EventKind::Call(_) | EventKind::CallbackEnter(_) => {
                let call = matches!(event.kind, EventKind::Call(_));
                let depth = depth(levels);
                levels.push(Level { shown, call, did: None });
                if shown {
                    self.open(event, owner, transfer, depth);
                }
            }
            EventKind::Return(_) | EventKind::CallbackLeave(_) => {
                let call = matches!(event.kind, EventKind::Return(_));
                let at = levels.iter().rposition(|level| level.call == call);
                let ended = at.and_then(|at| levels.drain(at..).next());
                let depth = depth(levels);
                if shown {
                    self.close(event, owner, ended.and_then(|level| level.did), depth);
                }
            }
            EventKind::Step(step) => {
                self.flush();
                self.page.heading(event.time, &step.text);
            }
            _ if shown => {
                let how = if self.detail == Detail::Everything { "" } else { self.prepared.how(event) };
                let line = prefix(event, owner, depth(levels)) + &describe(event) + how;
                self.flush();
                self.page.line(&line, transfer);
            }
            kind => {
                self.prepared.note(kind);
                if let Some(level) =
                    levels.last_mut().filter(|level| level.shown && level.call && level.did.is_none())
                {
                    level.did = did(kind);
                }
            }
        }
    }

    fn open(&mut self, event: &Event, owner: ObjectId, transfer: bool, depth: usize) {
        self.flush();
        let key = match &event.kind {
            EventKind::Call(call) => format!("{} {owner} {depth} {}", event.thread, call.routine),
            _ => String::new(),
        };
        let (thread, prefix, text) = (event.thread, prefix(event, owner, depth), describe(event));
        self.pending = Some(Pending { thread, prefix, text, key, transfer });
    }

    /// The end of a call or callback: on the same line if nothing came between.
    fn close(&mut self, event: &Event, owner: ObjectId, did: Option<String>, depth: usize) {
        let result = result(&event.kind, did);
        let Some(Pending { prefix, text, key, transfer, .. }) =
            self.pending.take_if(|pending| pending.thread == event.thread)
        else {
            if let Some(result) = result {
                self.flush();
                let line = format!("{}\u{2192} {result}{}", prefix(event, owner, depth), ended(&event.kind));
                self.page.line(&line, false);
            }
            return;
        };
        let text = result.map_or_else(|| text.clone(), |result| format!("{text} \u{2192} {result}"));
        if key.is_empty() {
            self.page.line(&format!("{prefix}{text}"), transfer);
        } else {
            let failed = matches!(&event.kind, EventKind::Return(back) if is_failure(&back.value));
            // A failure is no more of the same.
            let key = if failed { format!("{key} {text} {}", event.seq) } else { key };
            self.page.call(&key, prefix, &text, transfer);
        }
    }

    fn flush(&mut self) {
        if let Some(Pending { prefix, text, transfer, .. }) = self.pending.take() {
            self.page.line(&format!("{prefix}{text}"), transfer);
        }
    }

    fn violation(&mut self, event: &Event, violation: &Violation) {
        self.flush();
        self.page.line(&format!("{} \u{203c} {violation}", clock(event.time)), false);
    }
}

const fn is_failure(value: &Arg) -> bool {
    matches!(value, Arg::Status(status) if !status.is_success())
}

/// Time, thread, IRP and indentation.
fn prefix(event: &Event, owner: ObjectId, depth: usize) -> String {
    let raised = if event.irql >= DISPATCH_LEVEL { "D" } else { " " };
    let thread = if event.thread == 0 { String::new() } else { format!("t{}", event.thread) };
    let irp = if owner.is_none() { String::new() } else { owner.to_string() };
    format!("{} {thread:>4}{raised} {irp:>9}  {:indent$}", clock(event.time), "", indent = depth * 2)
}

fn result(kind: &EventKind, did: Option<String>) -> Option<String> {
    let value = match kind {
        EventKind::Return(back) if back.value != Arg::Void => back.value.to_string(),
        EventKind::CallbackLeave(leave) => leave.status.to_string(),
        _ => return did,
    };
    Some(did.filter(|did| *did != value).map_or_else(|| value.clone(), |did| format!("{value}, {did}")))
}

/// What a call did, where its arguments and result do not tell.
fn did(kind: &EventKind) -> Option<String> {
    let object = match kind {
        EventKind::InterfaceStateSet(set) => {
            return Some(format!("{} {}", set.interface, if set.enable { "on" } else { "off" }));
        }
        EventKind::CapabilityQueried(query) => return Some(query.capability.to_string()),
        EventKind::DeviceCreated(made) => made.device,
        EventKind::DeviceAttached(attached) => attached.to,
        EventKind::InterfaceRegistered(made) => made.interface,
        EventKind::HandleCreated(made) => made.handle,
        EventKind::UrbAllocated(made) => made.urb,
        EventKind::WorkItemAllocated(made) => made.item,
        EventKind::MdlAllocated(made) => made.mdl,
        EventKind::KeyOpened(opened) => opened.key,
        EventKind::EtwRegistered(made) => made.provider,
        EventKind::MiniportRegistered(made) => made.miniport,
        EventKind::MiniportAttributesSet(set) => return Some(set.attributes.to_string()),
        EventKind::NdisFileOpened(opened) if !opened.status.is_success() => {
            return Some(opened.status.to_string());
        }
        EventKind::NdisFileOpened(opened) => opened.file,
        EventKind::NdisFileMapped(mapped) => return Some(mapped.status.to_string()),
        EventKind::EtwTraits(traits) => return Some(traits.name.to_string()),
        EventKind::IrpCreated(made) => made.irp,
        EventKind::EventSignalled(set) => set.object,
        _ => return None,
    };
    object.is_some().then(|| object.to_string())
}

/// Whose result it is, for a result on a line of its own.
fn ended(kind: &EventKind) -> String {
    match kind {
        EventKind::Return(back) => format!("  ({})", back.routine),
        EventKind::CallbackLeave(leave) => format!("  ({})", callback(leave.callback)),
        _ => String::new(),
    }
}
