//! `PowerIrpDDIs`: no routine for `PASSIVE_LEVEL` only while `IRP_MN_SET_POWER` is handled.
//! `PowerDispatchWaits`: nobody waits while a power IRP is handled.
//!
//! Handled: in the dispatch routine and in the completion routine of the IRP, with everything that these call.

use super::predicate::Predicate;
use crate::event::{Callback, Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::{Frame, PowerRequest, World};

pub const RULE: Predicate =
    Predicate { names: &["PowerIrpDDIs", "PowerDispatchWaits"], interest: &[Tag::Call, Tag::WaitBegun], on };

/// The routines that the page of `PowerIrpDDIs` names, without the `Zw` ones, of which it names all. Sorted.
const NAMED: &[&str] = &[
    "ExIsProcessorFeaturePresent",
    "ExRaiseAccessViolation",
    "ExRaiseDatatypeMisalignment",
    "ExUuidCreate",
    "HalExamineMBR",
    "HalGetInterruptVector",
    "IoBuildDeviceIoControlRequest",
    "IoBuildSynchronousFsdRequest",
    "IoCheckShareAccess",
    "IoConnectInterrupt",
    "IoCreateController",
    "IoCreateFile",
    "IoCreateSymbolicLink",
    "IoCreateSynchronizationEvent",
    "IoCreateUnprotectedSymbolicLink",
    "IoDeleteController",
    "IoDeleteSymbolicLink",
    "IoDetachDevice",
    "IoDisconnectInterrupt",
    "IoGetConfigurationInformation",
    "IoGetDeviceInterfaceAlias",
    "IoGetDeviceInterfaces",
    "IoGetDeviceNumaNode",
    "IoGetDeviceObjectPointer",
    "IoGetDeviceProperty",
    "IoGetDevicePropertyData",
    "IoGetDmaAdapter",
    "IoGetFileObjectGenericMapping",
    "IoInitializeTimer",
    "IoIsWdmVersionAvailable",
    "IoOpenDeviceInterfaceRegistryKey",
    "IoOpenDeviceRegistryKey",
    "IoRegisterBootDriverReinitialization",
    "IoRegisterDeviceInterface",
    "IoRegisterDriverReinitialization",
    "IoRegisterLastChanceShutdownNotification",
    "IoRegisterPlugPlayNotification",
    "IoRegisterShutdownNotification",
    "IoRemoveShareAccess",
    "IoReportDetectedDevice",
    "IoReportTargetDeviceChange",
    "IoSetDeviceInterfaceState",
    "IoSetDevicePropertyData",
    "IoUnregisterPlugPlayNotification",
    "IoUnregisterPlugPlayNotificationEx",
    "IoUnregisterShutdownNotification",
    "IoUpdateShareAccess",
    "IoWMIAllocateInstanceIds",
    "IoWMIRegistrationControl",
    "KeDelayExecutionThread",
    "KeInitializeSemaphore",
    "KeQueryPriorityThread",
    "KeQueryRuntimeThread",
    "KeRevertToUserAffinityThreadEx",
    "KeSetSystemAffinityThread",
    "KeSetSystemGroupAffinityThread",
    "MmGetSystemRoutineAddress",
    "PsGetVersion",
    "PsRemoveLoadImageNotifyRoutine",
    "PsSetCreateProcessNotifyRoutine",
    "PsSetCreateProcessNotifyRoutineEx",
    "PsSetCreateThreadNotifyRoutine",
    "PsSetLoadImageNotifyRoutine",
    "PsTerminateSystemThread",
    "SeAccessCheck",
    "SeAssignSecurity",
    "SeDeassignSecurity",
    "SeSinglePrivilegeCheck",
    "SeValidSecurityDescriptor",
];

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::Call(call) => called(event, &call.routine, world, findings),
        EventKind::WaitBegun(wait) if wait.timeout != Some(0) => {
            let Some(frame) = around(event, world, |frame| {
                frame.power.is_some() || matches!(frame.callback, Callback::PowerCompletion { .. })
            }) else {
                return;
            };
            let found = Violation::new("PowerDispatchWaits", event).object(frame.irp()).object(wait.object);
            let what = frame.power.map_or_else(|| "a power callback".to_owned(), PowerRequest::text);
            findings.report(found.since(frame.entered).detail(format!("{what} waits for {}", wait.object)));
        }
        _ => {}
    }
}

fn called(event: &Event, routine: &str, world: &World, findings: &mut Findings) {
    let passive = routine.starts_with("Zw") || NAMED.binary_search(&routine).is_ok();
    if !passive {
        return;
    }
    let Some(frame) = around(event, world, |frame| frame.power.is_some_and(PowerRequest::is_set)) else {
        return;
    };
    let what = frame.power.map(PowerRequest::text).unwrap_or_default();
    let found = Violation::new("PowerIrpDDIs", event).object(frame.irp()).since(frame.entered);
    findings.report(found.detail(format!("{routine} was called while {what} was handled")));
}

/// The innermost callback around an event for which something holds.
fn around<'a>(event: &Event, world: &'a World, holds: impl Fn(&Frame) -> bool) -> Option<&'a Frame> {
    world.thread(event)?.frames.iter().rev().find(|frame| holds(frame))
}
