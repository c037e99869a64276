//! One event as a message between lanes.

use super::lane::{Cast, Lane};
use crate::event::{Actor, Callback, Event, EventKind};
use crate::names::request;
use crate::object::ObjectId;
use crate::view::describe::{callback, describe};

/// How a message is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A call.
    Call,
    /// A result.
    Result,
    /// Something that happens in one place.
    Note,
    /// A kernel call of the driver.
    Small,
    /// What matters for the life of the device.
    Strong,
    /// Something that goes wrong.
    Bad,
}

impl Style {
    /// Its class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Result => "result",
            Self::Note => "note",
            Self::Small => "small",
            Self::Strong => "strong",
            Self::Bad => "bad",
        }
    }
}

/// From one lane to another, or within one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who.
    pub from: Lane,
    /// To whom; the same: it stays there.
    pub to: Lane,
    /// What.
    pub text: String,
    /// How it is drawn.
    pub style: Style,
}

fn arrow(from: Lane, to: Lane, text: impl Into<String>, style: Style) -> Message {
    let style = match style {
        Style::Call | Style::Result if from == to => Style::Note,
        style => style,
    };
    Message { from, to, text: text.into(), style }
}

fn note(lane: Lane, text: impl Into<String>, style: Style) -> Message {
    arrow(lane, lane, text, style)
}

/// What an event is in a diagram, if it is anything. `calls`: kernel calls of the driver are.
#[must_use]
pub fn message(event: &Event, cast: &Cast, calls: bool) -> Option<Message> {
    on_the_way(event, cast)
        .or_else(|| callbacks(event))
        .or_else(|| milestones(event))
        .or_else(|| if calls { driver_calls(event) } else { None })
}

/// IRPs and URBs.
fn on_the_way(event: &Event, cast: &Cast) -> Option<Message> {
    // The system sends on behalf of whoever made the IRP.
    let sender = |by: Actor, irp: ObjectId| if by == Actor::System { cast.maker(irp) } else { Lane::of(by) };
    Some(match &event.kind {
        EventKind::IrpSent(sent) => {
            let text = format!("{} {}", sent.irp, request(sent.major, sent.minor));
            arrow(sender(sent.by, sent.irp), cast.device(sent.to), text, Style::Call)
        }
        EventKind::IrpReturned(back) => {
            let (from, to) = (cast.device(back.to), sender(back.by, back.irp));
            arrow(from, to, format!("{} {}", back.irp, back.status), Style::Result)
        }
        EventKind::IrpCompleteCalled(call) => {
            let amount =
                if call.information == 0 { String::new() } else { format!(", {}", call.information) };
            note(Lane::of(call.by), format!("completes {}: {}{amount}", call.irp, call.status), Style::Note)
        }
        EventKind::CompletionRoutineCalled(called) if called.by == Actor::Above => arrow(
            Lane::Driver,
            Lane::Filter,
            format!("{} completed: {}", called.irp, called.status),
            Style::Result,
        ),
        EventKind::CompletionRoutineCalled(called)
            if called.by == Actor::Driver && called.more_processing =>
        {
            note(Lane::Driver, format!("keeps {}", called.irp), Style::Note)
        }
        EventKind::IrpFinished(done) => {
            let (from, to) = (cast.top(done.irp), cast.maker(done.irp));
            arrow(from, to, format!("{} finished: {}", done.irp, done.status), Style::Result)
        }
        EventKind::IrpCancelRequested(cancel) => {
            note(Lane::of(cancel.by), format!("cancels {}", cancel.irp), Style::Strong)
        }
        EventKind::UrbSubmitted(_) => arrow(Lane::Below, Lane::Device, describe(event), Style::Call),
        EventKind::UrbCompleted(_) => arrow(Lane::Device, Lane::Below, describe(event), Style::Result),
        _ => return None,
    })
}

/// Calls of the driver that no IRP tells.
fn callbacks(event: &Event) -> Option<Message> {
    Some(match &event.kind {
        EventKind::CallbackEnter(enter) => match enter.callback {
            Callback::Dispatch { .. } => return None,
            Callback::Completion { irp, .. } => {
                arrow(Lane::Below, Lane::Driver, format!("{irp} completion routine"), Style::Result)
            }
            other => arrow(Lane::System, Lane::Driver, callback(other), Style::Call),
        },
        EventKind::CallbackLeave(leave) => match leave.callback {
            Callback::DriverEntry | Callback::AddDevice { .. } => {
                arrow(Lane::Driver, Lane::System, leave.status.to_string(), Style::Result)
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// What a reader wants to find.
fn milestones(event: &Event) -> Option<Message> {
    let (lane, style) = match &event.kind {
        EventKind::HandleCreated(_)
        | EventKind::HandleClosed(_)
        | EventKind::HandleCreateFailed(_)
        | EventKind::RemoveLockWaitBegun(_)
        | EventKind::RemoveLockWaitEnded(_)
        | EventKind::InterfaceStateSet(_)
        | EventKind::DeviceDeleted(_)
        | EventKind::DeviceAttached(_)
        | EventKind::DeviceDetached(_) => (Lane::Driver, Style::Strong),
        EventKind::Plugged(_) | EventKind::Unplugged(_) => (Lane::Device, Style::Strong),
        EventKind::PnpState(_) | EventKind::DriverLoaded(_) | EventKind::DriverUnloaded(_) => {
            (Lane::System, Style::Strong)
        }
        EventKind::FileOpened(_) | EventKind::FileCleanup(_) | EventKind::FileClosed(_) => {
            (Lane::User, Style::Strong)
        }
        EventKind::FailureInjected(_)
        | EventKind::BugCheck(_)
        | EventKind::Leak(_)
        | EventKind::Fault(_)
        | EventKind::Deadlock(_)
        | EventKind::Livelock(_)
        | EventKind::UrbModifiedWhileActive(_) => (Lane::Driver, Style::Bad),
        _ => return None,
    };
    Some(note(lane, describe(event), style))
}

fn driver_calls(event: &Event) -> Option<Message> {
    match &event.kind {
        EventKind::Call(call) if !matches!(&*call.routine, "IofCallDriver" | "IofCompleteRequest") => {
            Some(note(Lane::Driver, describe(event), Style::Small))
        }
        EventKind::IrpMarkedPending(_)
        | EventKind::CompletionRoutineSet(_)
        | EventKind::StackSkipped(_)
        | EventKind::StackCopied(_)
        | EventKind::CancelRoutineSet(_)
        | EventKind::CancelRoutineCleared(_)
        | EventKind::IrpStatusWritten(_)
        | EventKind::IrqlRaised(_)
        | EventKind::IrqlLowered(_) => Some(note(Lane::Driver, describe(event), Style::Small)),
        _ => None,
    }
}
