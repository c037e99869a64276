//! One event in words.

use super::amount::bytes;
use super::power::power;
use crate::event::{Actor, Callback, EtwEnabled, EtwWritten, Event, EventKind, UrbSubmitted};
use crate::names;
use crate::object::ObjectId;
use crate::value::{Arg, NtStatus};

/// A callback in words.
#[must_use]
pub fn callback(callback: Callback) -> String {
    match callback {
        Callback::DriverEntry => "DriverEntry".into(),
        Callback::Unload => "DriverUnload".into(),
        Callback::AddDevice { pdo } => format!("AddDevice for {pdo}"),
        Callback::Dispatch { major, minor, device, .. } => {
            format!("{} to {device}", names::request(major, minor))
        }
        Callback::Completion { irp, pending_returned, .. } => {
            format!("completion routine for {irp}{}", if pending_returned { ", pended below" } else { "" })
        }
        Callback::Cancel { irp, .. } => format!("cancel routine for {irp}"),
        Callback::Dpc { dpc } => format!("deferred procedure {dpc}"),
        Callback::WorkItem { item } => format!("work item {item}"),
        Callback::Timer { timer } => format!("timer {timer}"),
        Callback::PowerCompletion { device, minor } => {
            format!("{} completion for {device}", names::request(names::mj::POWER, minor))
        }
        Callback::Idle { irp } => format!("idle callback for {irp}"),
        Callback::Thread { thread } => format!("{thread} runs"),
        Callback::EtwEnable { provider } => format!("enable callback of {provider}"),
        Callback::MiniportSetOptions { miniport } => format!("MiniportSetOptions of {miniport}"),
        Callback::MiniportInitialize { adapter } => format!("MiniportInitializeEx for {adapter}"),
        Callback::MiniportHalt { adapter } => format!("MiniportHaltEx for {adapter}"),
        Callback::MiniportPnpEvent { adapter } => format!("MiniportDevicePnPEventNotify for {adapter}"),
    }
}

const fn who(actor: Actor) -> &'static str {
    match actor {
        Actor::System => "the system",
        Actor::Driver => "the driver",
        Actor::Below => "the USB stack",
        Actor::Above => "the filter above",
    }
}

fn value(value: &Arg) -> String {
    if *value == Arg::Void { String::new() } else { format!(" \u{2192} {value}") }
}

fn failed(status: NtStatus) -> String {
    if status.is_success() { String::new() } else { format!(": {status}") }
}

fn or(id: ObjectId, otherwise: &str) -> String {
    if id.is_none() { otherwise.into() } else { id.to_string() }
}

/// An event in words, without time, thread and IRP number.
#[must_use]
pub fn describe(event: &Event) -> String {
    requests(&event.kind)
        .or_else(|| devices(&event.kind))
        .or_else(|| synchronisation(&event.kind))
        .or_else(|| resources(&event.kind))
        .or_else(|| usb(&event.kind))
        .or_else(|| ndis(&event.kind))
        .or_else(|| power(&event.kind))
        .or_else(|| world(&event.kind))
        .unwrap_or_else(|| event.kind.tag().name().to_owned())
}

fn requests(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::Call(call) => {
            let shown = call.args.as_slice().iter().filter(|arg| **arg != Arg::Void);
            let args: Vec<_> = shown.map(ToString::to_string).collect();
            format!("{}({})", call.routine, args.join(", "))
        }
        EventKind::Return(back) => format!("{}{}", back.routine, value(&back.value)),
        EventKind::CallbackEnter(enter) => callback(enter.callback),
        EventKind::CallbackLeave(leave) => format!("{} \u{2192} {}", callback(leave.callback), leave.status),
        EventKind::IrpMarkedPending(_) => "marked pending".into(),
        EventKind::CompletionRoutineSet(set) => {
            let whose = if set.ours { "" } else { ", not in the driver's image" };
            format!("completion routine set{whose}")
        }
        EventKind::StackSkipped(_) => "stack location skipped".into(),
        EventKind::StackCopied(_) => "stack location copied".into(),
        EventKind::CancelRoutineSet(_) => "cancel routine set".into(),
        EventKind::CancelRoutineCleared(_) => "cancel routine cleared".into(),
        EventKind::CompletionRoutineExSet(set) if !set.status.is_success() => {
            format!("no completion routine set: {}", set.status)
        }
        EventKind::CompletionRoutineExSet(set) => format!("completion routine set for {}", set.device),
        EventKind::IrpQueued(_) => "put into a list".into(),
        EventKind::IrpStatusWritten(written) => format!("status set to {}", written.status),
        EventKind::IrpCreated(made) => {
            format!("{} made: {}", made.irp, names::request(made.major, made.minor))
        }
        EventKind::IrpSent(sent) => format!("{} sends it to {}", who(sent.by), sent.to),
        EventKind::IrpReturned(back) => format!("{} answered {}", back.to, back.status),
        EventKind::IrpCompleteCalled(call) => {
            let amount = if call.information == 0 {
                String::new()
            } else {
                format!(", information {}", call.information)
            };
            format!("{} completes it with {}{amount}", who(call.by), call.status)
        }
        EventKind::CompletionRoutineCalled(called) => {
            let fate = if called.more_processing { "keeps it" } else { "lets it go up" };
            format!("completion routine of {} {fate}", who(called.by))
        }
        EventKind::IrpFinished(done) => {
            format!("finished: {}, information {}", done.status, done.information)
        }
        EventKind::IrpCancelRequested(cancel) => format!("{} cancels it", who(cancel.by)),
        EventKind::IrpFreed(freed) => format!("{} freed", freed.irp),
        EventKind::IrpReinitialised(again) => format!("{} made ready for reuse", again.irp),
        _ => return None,
    })
}

fn devices(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::DeviceCreated(made) => format!("{} created", made.device),
        EventKind::DeviceAttached(attached) => {
            format!("{} attached to {}", attached.device, or(attached.to, "nothing: it failed"))
        }
        EventKind::DeviceDetached(detached) => {
            format!("{} detached from {}", or(detached.device, "nothing"), detached.from)
        }
        EventKind::DeviceDeleted(deleted) => format!("{} deleted", deleted.device),
        EventKind::DeviceFlags(flags) => format!("flags of {} are 0x{:x}", flags.device, flags.flags),
        EventKind::InterfaceRegistered(made) => {
            format!(
                "{} registered for {}{}",
                or(made.interface, "no interface"),
                made.pdo,
                failed(made.status)
            )
        }
        EventKind::InterfaceStateSet(set) => {
            format!(
                "{} {}{}",
                set.interface,
                if set.enable { "enabled" } else { "disabled" },
                failed(set.status)
            )
        }
        EventKind::InterfaceStringFreed(freed) => format!("name of {} freed", freed.interface),
        EventKind::ObjectReferenced(taken) => format!("{} referenced, {} held", taken.object, taken.count),
        EventKind::ObjectDereferenced(given) => {
            format!("{} dereferenced, {} left", given.object, given.count)
        }
        _ => return None,
    })
}

fn synchronisation(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::RemoveLockInitialised(made) => {
            format!("remove {} of {} initialised", made.lock, made.device)
        }
        EventKind::RemoveLockAcquired(got) => {
            format!("remove {} taken with {}{}", got.lock, got.tag, failed(got.status))
        }
        EventKind::RemoveLockReleased(gave) => format!("remove {} given back with {}", gave.lock, gave.tag),
        EventKind::RemoveLockWaitBegun(wait) => {
            format!("waits for everyone to give back remove {}", wait.lock)
        }
        EventKind::RemoveLockWaitEnded(wait) => format!("nobody holds remove {} any more", wait.lock),
        EventKind::SpinLockAcquired(taken) => format!("spin {} taken", taken.lock),
        EventKind::SpinLockReleased(gave) => format!("spin {} given back", gave.lock),
        EventKind::LockAcquired(got) => format!("{:?} {} taken", got.form, got.lock),
        EventKind::LockReleased(gave) => format!("{:?} {} given back", gave.form, gave.lock),
        EventKind::IrqlRaised(change) => format!("IRQL raised to {}", names::irql(change.to)),
        EventKind::IrqlLowered(change) => format!("IRQL lowered to {}", names::irql(change.to)),
        EventKind::EventInitialised(made) => format!("{} initialised", made.object),
        EventKind::EventSignalled(set) => format!("{} signalled by {}", set.object, who(set.by)),
        EventKind::EventCleared(cleared) => format!("{} cleared", cleared.object),
        EventKind::WaitBegun(wait) => format!("waits for {}", wait.object),
        EventKind::WaitEnded(wait) if wait.status == NtStatus::TIMEOUT => {
            format!("gave up waiting for {}", wait.object)
        }
        EventKind::WaitEnded(wait) => format!("has waited for {}", wait.object),
        _ => return None,
    })
}

fn resources(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::PoolAllocated(made) => {
            format!("{} allocated, tag {}: {}", bytes(made.size), made.tag, or(made.block, "failed"))
        }
        EventKind::PoolFreed(freed) => format!("{} freed", freed.block),
        EventKind::MdlAllocated(made) => format!("{} for {}", or(made.mdl, "no MDL"), bytes(made.length)),
        EventKind::MdlFreed(freed) => format!("{} freed", freed.mdl),
        EventKind::WorkItemAllocated(made) => format!("{} allocated", or(made.item, "no work item")),
        EventKind::WorkItemQueued(queued) => format!("{} queued", queued.item),
        EventKind::WorkItemFreed(freed) => format!("{} freed", freed.item),
        EventKind::TimerSet(set) => format!("{} set", set.timer),
        EventKind::TimerCancelled(cancelled) => format!("{} cancelled", cancelled.timer),
        EventKind::DpcQueued(queued) => format!("{} queued", queued.dpc),
        EventKind::DpcsFlushed(_) => "every queued deferred procedure has run".into(),
        EventKind::KeyOpened(opened) => {
            format!("{} opened{}", or(opened.key, "no key"), failed(opened.status))
        }
        EventKind::KeyClosed(closed) => format!("{} closed", closed.key),
        EventKind::EtwRegistered(made) => {
            format!("{} registered{}", or(made.provider, "no provider"), failed(made.status))
        }
        EventKind::EtwUnregistered(gone) => format!("{} unregistered", gone.provider),
        EventKind::EtwTraits(traits) => format!("{} is called {}", traits.provider, traits.name),
        EventKind::EtwEnabled(session) => etw_session(session),
        EventKind::EtwWritten(written) => etw_event(written),
        EventKind::UserRead(touch) => {
            let what = if touch.write { "written" } else { "read" };
            format!(
                "{} of user mode's buffer {} {what} at {}",
                bytes(touch.length.into()),
                touch.buffer,
                touch.offset
            )
        }
        EventKind::PagedTouched(touch) => {
            let what = if touch.execute {
                "run"
            } else if touch.write {
                "written"
            } else {
                "read"
            };
            let place =
                if touch.object.is_some() { touch.object.to_string() } else { touch.section.to_string() };
            format!("pageable {place} {what} at offset 0x{:x}", touch.offset)
        }
        EventKind::DataChanged(changed) => {
            let when = if changed.below { "below" } else { "by the driver" };
            format!("the data of {} changed {when}, from byte {} on", changed.irp, changed.offset)
        }
        EventKind::DebugPrint(print) => format!("\"{}\"", print.text.trim_end()),
        _ => return None,
    })
}

fn usb(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::HandleCreated(made) => format!("USBD {} created for {}", made.handle, made.device),
        EventKind::HandleCreateFailed(fail) => format!("no USBD handle for {}: {}", fail.device, fail.status),
        EventKind::HandleClosed(closed) => format!("USBD {} closed", closed.handle),
        EventKind::CapabilityQueried(query) => format!("capability {}: {}", query.capability, query.status),
        EventKind::UrbAllocated(made) => {
            format!("{} allocated{}", or(made.urb, "no URB"), failed(made.status))
        }
        EventKind::UrbFreed(freed) => format!("{} freed", freed.urb),
        EventKind::UrbAssigned(assigned) => format!("{} put into the IRP", assigned.urb),
        EventKind::UrbSubmitted(sent) => submitted(sent),
        EventKind::StreamOpened(open) => format!("stream {} of {} is {}", open.stream, open.base, open.pipe),
        EventKind::PendingAtChange(change) => {
            format!("{} with {} transfers pending", change.what, change.pending)
        }
        EventKind::StalePipeUsed(used) => format!("{} names {}, which is closed", used.urb, used.pipe),
        EventKind::IsochronousSubmitted(sent) => {
            format!("{} has {} packets, one in {} microframes", sent.urb, sent.packets, sent.period)
        }
        EventKind::UrbCompleted(done) => {
            let status = names::usbd_status(done.usbd_status)
                .map_or_else(|| format!("0x{:08X}", done.usbd_status), str::to_owned);
            let status = if done.usbd_status == 0 { "done".to_owned() } else { status };
            format!("{}: {status}, {}", done.urb, bytes(done.length.into()))
        }
        EventKind::UrbModifiedWhileActive(changed) => {
            format!("{} changed while the USB stack has it", changed.urb)
        }
        _ => return None,
    })
}

fn submitted(sent: &UrbSubmitted) -> String {
    let function =
        names::urb_function(sent.function).map_or_else(|| format!("0x{:02X}", sent.function), str::to_owned);
    let endpoint =
        if sent.pipe.is_none() { String::new() } else { format!(" on endpoint 0x{:02x}", sent.endpoint) };
    let length = if sent.length == 0 { String::new() } else { format!(", {}", bytes(sent.length.into())) };
    format!("{}: {function}{endpoint}{length}", sent.urb)
}

fn world(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::Step(step) => step.text.clone().into_owned(),
        EventKind::DriverLoaded(loaded) => format!("{} loaded as {}", loaded.name, loaded.driver),
        EventKind::DispatchTable(table) => {
            format!("{} has {} dispatch routines", table.driver, table.majors.count_ones())
        }
        EventKind::DriverUnloaded(unloaded) => format!("{} unloaded", unloaded.driver),
        EventKind::Plugged(plugged) => format!("{} plugged in: {}", plugged.model, plugged.pdo),
        EventKind::Unplugged(unplugged) => format!("{} pulled", unplugged.pdo),
        EventKind::PnpState(state) => format!("{} is {}", state.pdo, state.state),
        EventKind::FileOpened(opened) => {
            format!("{} opened on {}{}", opened.file, opened.device, failed(opened.status))
        }
        EventKind::FileCleanup(file) => format!("last handle of {} closed", file.file),
        EventKind::FileClosed(file) => format!("{} closed", file.file),
        EventKind::NeighbourFound(found) => {
            let by = if found.by == Actor::Above { "the filter above" } else { "the bus below" };
            format!("{by} objects to {}: {:?}", names::request(found.major, found.minor), found.what)
        }
        EventKind::FailureInjected(fault) => format!("{} made to fail with {}", fault.routine, fault.status),
        EventKind::BugCheck(stop) => {
            let name = names::bug_check(stop.code).unwrap_or("bug check");
            let [a, b, c, d] = stop.parameters;
            format!("{name} (0x{:X}: 0x{a:x}, 0x{b:x}, 0x{c:x}, 0x{d:x}): {}", stop.code, stop.text)
        }
        EventKind::PendingAtUnload(pending) => format!("{} {}", pending.object, pending.what),
        EventKind::Leak(leak) => format!("{} left: {}", leak.object, leak.what),
        EventKind::Fault(fault) => format!("memory fault: {}", fault.text),
        EventKind::Deadlock(lock) => format!("deadlock: {}", lock.text),
        EventKind::Livelock(lock) => format!("livelock: {}", lock.text),
        _ => return None,
    })
}

fn ndis(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::MiniportRegistered(made) => {
            format!("{} registered{}", or(made.miniport, "no miniport driver"), failed(made.status))
        }
        EventKind::MiniportDeregistered(gone) => format!("{} deregistered", gone.miniport),
        EventKind::MiniportAttributesSet(set) => {
            format!("attributes of {} set: {}{}", set.adapter, set.attributes, failed(set.status))
        }
        EventKind::NdisFileOpened(opened) if opened.file.is_none() => {
            format!("{} not opened{}", opened.name, failed(opened.status))
        }
        EventKind::NdisFileOpened(opened) => {
            format!("{} opened as {}, {}", opened.name, opened.file, bytes(opened.length.into()))
        }
        EventKind::NdisFileMapped(mapped) => {
            format!("{} mapped{}", or(mapped.file, "no file"), failed(mapped.status))
        }
        EventKind::NdisFileUnmapped(unmapped) => format!("{} unmapped", or(unmapped.file, "no file")),
        EventKind::NdisFileClosed(closed) => format!("{} closed", or(closed.file, "no file")),
        _ => return None,
    })
}

fn etw_session(session: &EtwEnabled) -> String {
    if !session.on {
        return format!("nobody listens to {}", session.provider);
    }
    let (level, any) = (session.level, session.any);
    format!("a session listens to {}, level {level}, keywords 0x{any:x}", session.provider)
}

/// An event as a session shows it: its name and its fields.
fn etw_event(written: &EtwWritten) -> String {
    let fields: Vec<_> =
        written.fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect();
    let flaw = if written.flaw.is_empty() { String::new() } else { format!(" ({})", written.flaw) };
    format!("event {} {}{flaw}", written.name, fields.join(" ")).trim_end().to_owned()
}
