//! What a timeline shows.

use crate::event::{Actor, EventKind};

/// How much a timeline shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Steps, callbacks, and where each IRP goes.
    Requests,
    /// ... and what the driver calls, without locks, pool and other everyday routines.
    #[default]
    Calls,
    /// Every event, nothing folded.
    Everything,
}

/// Whether an event is shown. `in_call`: the driver's kernel call around it is shown, so that its
/// effect needs no line of its own.
pub fn visible(kind: &EventKind, detail: Detail, in_call: bool) -> bool {
    if detail == Detail::Everything || always(kind) {
        return true;
    }
    match kind {
        EventKind::Call(call) => detail >= Detail::Calls && !everyday(&call.routine),
        EventKind::Return(back) => detail >= Detail::Calls && !everyday(&back.routine),
        EventKind::IrpSent(sent) => sent.by == Actor::Driver,
        EventKind::IrpReturned(back) => back.by == Actor::Driver,
        EventKind::CallbackEnter(_)
        | EventKind::CallbackLeave(_)
        | EventKind::IrpCompleteCalled(_)
        | EventKind::IrpCancelRequested(_)
        | EventKind::UrbSubmitted(_)
        | EventKind::UrbCompleted(_) => true,
        EventKind::CompletionRoutineCalled(called) => called.by == Actor::Above,
        // How the next stack location was prepared is told when the IRP is sent.
        EventKind::IrpMarkedPending(_)
        | EventKind::CancelRoutineSet(_)
        | EventKind::CancelRoutineCleared(_) => detail >= Detail::Calls,
        other => detail >= Detail::Calls && !in_call && effect(other),
    }
}

/// What no reader wants to miss.
pub const fn always(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Step(_)
            | EventKind::DriverLoaded(_)
            | EventKind::DriverUnloaded(_)
            | EventKind::Plugged(_)
            | EventKind::Unplugged(_)
            | EventKind::PnpState(_)
            | EventKind::SystemPowerChanged(_)
            | EventKind::DevicePowerChanged(_)
            | EventKind::WakeSignalled(_)
            | EventKind::FileOpened(_)
            | EventKind::FileCleanup(_)
            | EventKind::FileClosed(_)
            | EventKind::FailureInjected(_)
            | EventKind::NeighbourFound(_)
            | EventKind::BugCheck(_)
            | EventKind::Leak(_)
            | EventKind::PendingAtUnload(_)
            | EventKind::Fault(_)
            | EventKind::Deadlock(_)
            | EventKind::Livelock(_)
            | EventKind::DebugPrint(_)
            | EventKind::EtwEnabled(_)
            | EventKind::EtwWritten(_)
            | EventKind::UrbModifiedWhileActive(_)
    )
}

/// Effects of calls that are worth a line where the call itself is not in the trace.
const fn effect(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::DeviceCreated(_)
            | EventKind::DeviceAttached(_)
            | EventKind::DeviceDetached(_)
            | EventKind::DeviceDeleted(_)
            | EventKind::InterfaceRegistered(_)
            | EventKind::InterfaceStateSet(_)
            | EventKind::RemoveLockWaitBegun(_)
            | EventKind::RemoveLockWaitEnded(_)
            | EventKind::WaitBegun(_)
            | EventKind::WaitEnded(_)
            | EventKind::HandleCreated(_)
            | EventKind::HandleCreateFailed(_)
            | EventKind::HandleClosed(_)
            | EventKind::CapabilityQueried(_)
            | EventKind::MiniportRegistered(_)
            | EventKind::MiniportDeregistered(_)
            | EventKind::MiniportAttributesSet(_)
            | EventKind::NdisFileOpened(_)
            | EventKind::NdisFileMapped(_)
            | EventKind::NdisFileUnmapped(_)
            | EventKind::NdisFileClosed(_)
            | EventKind::WorkItemQueued(_)
            | EventKind::TimerSet(_)
            | EventKind::TimerCancelled(_)
            | EventKind::DpcQueued(_)
    )
}

/// Routines that a driver calls all the time, or that another event tells better.
fn everyday(routine: &str) -> bool {
    const NAMES: [&str; 21] = [
        "IoCallDriver",
        "IofCallDriver",
        "IoCompleteRequest",
        "IofCompleteRequest",
        "IoAcquireCancelSpinLock",
        "IoReleaseCancelSpinLock",
        "KeAcquireInStackQueuedSpinLock",
        "KeAcquireSpinLockAtDpcLevel",
        "KeAcquireSpinLockRaiseToDpc",
        "KeGetCurrentIrql",
        "KeInitializeEvent",
        "KeInitializeSpinLock",
        "KeInitializeTimer",
        "KeInitializeDpc",
        "KeReleaseInStackQueuedSpinLock",
        "KeReleaseSpinLock",
        "KeReleaseSpinLockFromDpcLevel",
        "KeWaitForSingleObject",
        "DbgPrint",
        "EtwWriteTransfer",
        "MmGetSystemRoutineAddress",
    ];
    NAMES.contains(&routine)
        || ["ExAllocatePool", "ExFreePool", "Rtl", "mem"].iter().any(|prefix| routine.starts_with(prefix))
}
