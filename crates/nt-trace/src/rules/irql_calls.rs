//! The `IRQL` of every kernel call, by routine.
//!
//! A routine stands under the rule whose page names it, otherwise under `IrqlDdi` with the level of its
//! own reference page. Levels that depend on an argument are judged in `irql_effects`.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::names::{self, APC_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &[
        "CloseAbovePassive",
        "IrqlApcLte",
        "IrqlDdi",
        "IrqlDispatch",
        "IrqlExAllocatePool",
        "IrqlExApcLte1",
        "IrqlExApcLte2",
        "IrqlExApcLte3",
        "IrqlExFree1",
        "IrqlExPassive",
        "IrqlIoApcLte",
        "IrqlIoDispatch",
        "IrqlIoPassive1",
        "IrqlIoPassive2",
        "IrqlIoPassive3",
        "IrqlIoPassive4",
        "IrqlIoPassive5",
        "IrqlIoRtlZwPassive",
        "IrqlKeApcLte1",
        "IrqlKeApcLte2",
        "IrqlKeDispatchLte",
        "IrqlKeReleaseSpinLock",
        "IrqlMmApcLte",
        "IrqlMmDispatch",
        "IrqlObPassive",
        "IrqlPsPassive",
        "IrqlRtlPassive",
        "IrqlUsbd",
        "IrqlZwPassive",
    ],
    interest: &[Tag::Call],
    on,
};

const P: Level = Level::AtMost(PASSIVE_LEVEL);
const A: Level = Level::AtMost(APC_LEVEL);
const D: Level = Level::AtMost(DISPATCH_LEVEL);
const EXACTLY_D: Level = Level::Exactly(DISPATCH_LEVEL);

#[derive(Clone, Copy)]
enum Level {
    AtMost(u8),
    Exactly(u8),
}

/// Routine, level, rule, code under 0xC4 (0 for none). Sorted by routine.
const TABLE: &[(&str, Level, &str, u32)] = &[
    ("CmRegisterCallback", A, "IrqlExApcLte2", 0x0002_0006),
    ("CmUnRegisterCallback", A, "IrqlExApcLte2", 0x0002_0006),
    ("EtwRegister", P, "IrqlDdi", 0),
    ("EtwSetInformation", P, "IrqlDdi", 0),
    ("EtwUnregister", P, "IrqlDdi", 0),
    ("ExAcquireFastMutex", A, "IrqlExApcLte1", 0x0002_0005),
    ("ExAcquireResourceExclusiveLite", A, "IrqlExApcLte3", 0x0002_0007),
    ("ExAcquireResourceSharedLite", A, "IrqlExApcLte3", 0x0002_0007),
    ("ExAllocatePool", D, "IrqlExAllocatePool", 0x0002_0004),
    ("ExAllocatePool2", D, "IrqlExAllocatePool", 0x0002_0004),
    ("ExAllocatePool3", D, "IrqlExAllocatePool", 0x0002_0004),
    ("ExAllocatePoolWithQuotaTag", A, "IrqlExApcLte2", 0x0002_0006),
    ("ExAllocatePoolWithTag", D, "IrqlExAllocatePool", 0x0002_0004),
    ("ExCreateCallback", P, "IrqlExPassive", 0x0002_0008),
    ("ExFreePool", D, "IrqlExFree1", 0),
    ("ExFreePool2", D, "IrqlExFree1", 0),
    ("ExFreePoolWithTag", D, "IrqlExFree1", 0),
    ("ExRegisterCallback", A, "IrqlExApcLte2", 0x0002_0006),
    ("ExSetTimerResolution", A, "IrqlExApcLte2", 0x0002_0006),
    ("ExTryToAcquireFastMutex", A, "IrqlExApcLte1", 0x0002_0005),
    ("ExUnregisterCallback", A, "IrqlExApcLte2", 0x0002_0006),
    ("ExUuidCreate", P, "IrqlExPassive", 0x0002_0008),
    ("IoAcquireCancelSpinLock", D, "IrqlDdi", 0),
    ("IoAcquireRemoveLock", D, "IrqlDdi", 0),
    ("IoAcquireRemoveLockEx", D, "IrqlDdi", 0),
    ("IoAllocateErrorLogEntry", D, "IrqlDdi", 0),
    ("IoAllocateIrp", D, "IrqlDdi", 0),
    ("IoAllocateIrpEx", D, "IrqlDdi", 0),
    ("IoAllocateMdl", D, "IrqlDdi", 0),
    ("IoAllocateWorkItem", D, "IrqlDdi", 0),
    ("IoAssignArcName", P, "IrqlIoPassive3", 0x0002_000C),
    ("IoAttachDevice", P, "IrqlIoPassive1", 0x0002_000A),
    ("IoAttachDeviceToDeviceStack", D, "IrqlDdi", 0),
    ("IoBuildAsynchronousFsdRequest", A, "IrqlDdi", 0),
    ("IoBuildDeviceIoControlRequest", A, "IrqlIoPassive1", 0x0002_000A),
    ("IoBuildPartialMdl", D, "IrqlDdi", 0),
    ("IoBuildSynchronousFsdRequest", P, "IrqlDdi", 0),
    ("IoCallDriver", D, "IrqlDdi", 0),
    ("IoCancelIrp", D, "IrqlDdi", 0),
    ("IoCheckShareAccess", P, "IrqlIoPassive2", 0x0002_000B),
    ("IoCompleteRequest", D, "IrqlDdi", 0),
    ("IoConnectInterrupt", P, "IrqlIoPassive2", 0x0002_000B),
    ("IoCreateController", P, "IrqlIoPassive2", 0x0002_000B),
    ("IoCreateDevice", P, "IrqlIoPassive1", 0x0002_000A),
    ("IoCreateFile", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoCreateFileEx", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("IoCreateNotificationEvent", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoCreateSymbolicLink", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoCreateSynchronizationEvent", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoCreateUnprotectedSymbolicLink", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoDeassignArcName", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoDeleteController", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoDeleteDevice", A, "IrqlIoApcLte", 0x0002_0009),
    ("IoDeleteSymbolicLink", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoDetachDevice", P, "IrqlIoPassive3", 0x0002_000C),
    ("IoDisconnectInterrupt", P, "IrqlIoPassive4", 0x0002_000D),
    ("IoFreeIrp", D, "IrqlDdi", 0),
    ("IoFreeMdl", D, "IrqlDdi", 0),
    ("IoFreeWorkItem", D, "IrqlDdi", 0),
    ("IoGetAttachedDeviceReference", D, "IrqlDdi", 0),
    ("IoGetConfigurationInformation", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoGetDeviceAttachmentBaseRef", D, "IrqlDdi", 0),
    ("IoGetDeviceDirectory", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("IoGetDeviceInterfaces", P, "IrqlDdi", 0),
    ("IoGetDeviceObjectPointer", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoGetDeviceProperty", P, "IrqlDdi", 0),
    ("IoGetDevicePropertyData", A, "IrqlDdi", 0),
    ("IoGetDeviceToVerify", D, "IrqlIoDispatch", 0x0002_0022),
    ("IoGetDmaAdapter", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoGetDriverDirectory", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("IoGetInitialStack", A, "IrqlIoApcLte", 0x0002_0009),
    ("IoInitializeIrp", D, "IrqlDdi", 0),
    ("IoInitializeRemoveLock", P, "IrqlDdi", 0),
    ("IoInitializeRemoveLockEx", P, "IrqlDdi", 0),
    ("IoInitializeTimer", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoInvalidateDeviceState", D, "IrqlDdi", 0),
    ("IoIsWdmVersionAvailable", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoOpenDeviceInterfaceRegistryKey", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("IoOpenDeviceRegistryKey", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("IoQueueWorkItem", D, "IrqlDdi", 0),
    ("IoQueueWorkItemEx", D, "IrqlDdi", 0),
    ("IoRaiseHardError", A, "IrqlIoApcLte", 0x0002_0009),
    ("IoRaiseInformationalHardError", A, "IrqlIoApcLte", 0x0002_0009),
    ("IoRegisterDeviceInterface", P, "IrqlIoPassive3", 0x0002_000C),
    ("IoRegisterDriverReinitialization", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoRegisterShutdownNotification", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoReleaseCancelSpinLock", EXACTLY_D, "IrqlDdi", 0),
    ("IoReleaseRemoveLock", D, "IrqlDdi", 0),
    ("IoReleaseRemoveLockAndWait", P, "IrqlDdi", 0),
    ("IoReleaseRemoveLockAndWaitEx", P, "IrqlDdi", 0),
    ("IoReleaseRemoveLockEx", D, "IrqlDdi", 0),
    ("IoReuseIrp", D, "IrqlDdi", 0),
    ("IoSetCompletionRoutineEx", D, "IrqlDdi", 0),
    ("IoSetDeviceInterfaceState", P, "IrqlIoPassive1", 0x0002_000A),
    ("IoSetDevicePropertyData", P, "IrqlDdi", 0),
    ("IoStartNextPacket", EXACTLY_D, "IrqlDispatch", 0x0002_0003),
    ("IoUnregisterShutdownNotification", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoWMIAllocateInstanceIds", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoWMIRegistrationControl", P, "IrqlIoPassive5", 0x0002_000E),
    ("IoWriteErrorLogEntry", D, "IrqlDdi", 0),
    ("IofCallDriver", D, "IrqlDdi", 0),
    ("IofCompleteRequest", D, "IrqlDdi", 0),
    ("KeAcquireInStackQueuedSpinLock", D, "IrqlDdi", 0),
    ("KeAcquireSpinLock", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeAcquireSpinLockAtDpcLevel", EXACTLY_D, "IrqlDispatch", 0x0002_0003),
    ("KeAcquireSpinLockRaiseToDpc", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeAreAllApcsDisabled", A, "IrqlKeApcLte2", 0x0002_0010),
    ("KeAreApcsDisabled", A, "IrqlKeApcLte2", 0x0002_0010),
    ("KeCancelTimer", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeClearEvent", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeDelayExecutionThread", A, "IrqlKeApcLte1", 0x0002_000F),
    ("KeDeregisterNmiCallback", A, "IrqlKeApcLte2", 0x0002_0010),
    ("KeEnterCriticalRegion", A, "IrqlKeApcLte2", 0x0002_0010),
    ("KeEnterGuardedRegion", A, "IrqlKeApcLte2", 0x0002_0010),
    ("KeFlushQueuedDpcs", P, "IrqlDdi", 0),
    ("KeInitializeDeviceQueue", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeInitializeTimer", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeInitializeTimerEx", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeInsertByKeyDeviceQueue", EXACTLY_D, "IrqlDispatch", 0x0002_0003),
    ("KeInsertDeviceQueue", EXACTLY_D, "IrqlDispatch", 0x0002_0003),
    ("KeLeaveCriticalRegion", A, "IrqlKeApcLte2", 0x0002_0010),
    ("KeLeaveGuardedRegion", A, "IrqlKeApcLte2", 0x0002_0010),
    ("KePulseEvent", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeRaiseIrqlToDpcLevel", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeReadStateEvent", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeReadStateTimer", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeRegisterNmiCallback", A, "IrqlKeApcLte2", 0x0002_0010),
    ("KeReleaseInStackQueuedSpinLock", EXACTLY_D, "IrqlDdi", 0),
    ("KeReleaseMutex", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeReleaseSpinLock", EXACTLY_D, "IrqlKeReleaseSpinLock", 0x0002_0015),
    ("KeReleaseSpinLockFromDpcLevel", EXACTLY_D, "IrqlDispatch", 0x0002_0003),
    ("KeRemoveDeviceQueue", EXACTLY_D, "IrqlDispatch", 0x0002_0003),
    ("KeRemoveEntryDeviceQueue", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeResetEvent", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeSetTimer", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("KeSetTimerEx", D, "IrqlKeDispatchLte", 0x0002_0011),
    ("MmAllocateContiguousMemory", D, "IrqlDdi", 0),
    ("MmAllocateNonCachedMemory", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmAllocatePagesForMdl", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmAllocatePagesForMdlEx", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmBuildMdlForNonPagedPool", D, "IrqlDdi", 0),
    ("MmFreeContiguousMemory", D, "IrqlMmDispatch", 0x0002_001A),
    ("MmFreeNonCachedMemory", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmFreePagesFromMdl", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmGetSystemRoutineAddress", P, "IrqlDdi", 0),
    ("MmLockPagableDataSection", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmMapIoSpace", D, "IrqlDdi", 0),
    ("MmMapLockedPages", D, "IrqlDdi", 0),
    ("MmMapLockedPagesSpecifyCache", D, "IrqlDdi", 0),
    ("MmPageEntireDriver", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmProbeAndLockPages", D, "IrqlDdi", 0),
    ("MmResetDriverPaging", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmUnlockPagableImageSection", A, "IrqlMmApcLte", 0x0002_0019),
    ("MmUnlockPages", D, "IrqlDdi", 0),
    ("MmUnmapLockedPages", D, "IrqlDdi", 0),
    ("NdisCloseFile", P, "IrqlDdi", 0),
    ("NdisMDeregisterMiniportDriver", P, "IrqlDdi", 0),
    ("NdisMRegisterMiniportDriver", P, "IrqlDdi", 0),
    ("NdisMSetMiniportAttributes", P, "IrqlDdi", 0),
    ("NdisMapFile", D, "IrqlDdi", 0),
    ("NdisOpenFile", P, "IrqlDdi", 0),
    ("NdisUnmapFile", P, "IrqlDdi", 0),
    ("ObDereferenceObject", D, "IrqlDdi", 0),
    ("ObGetObjectSecurity", A, "IrqlApcLte", 0x0002_0002),
    ("ObReferenceObject", D, "IrqlDdi", 0),
    ("ObReferenceObjectByHandle", P, "IrqlObPassive", 0x0002_001B),
    ("ObReleaseObjectSecurity", A, "IrqlApcLte", 0x0002_0002),
    ("ObfDereferenceObject", D, "IrqlDdi", 0),
    ("ObfReferenceObject", D, "IrqlDdi", 0),
    ("PoCallDriver", D, "IrqlDdi", 0),
    ("PoRegisterPowerSettingCallback", A, "IrqlDdi", 0),
    ("PoRequestPowerIrp", D, "IrqlDdi", 0),
    ("PoSetPowerState", D, "IrqlDdi", 0),
    ("PoStartNextPowerIrp", D, "IrqlDdi", 0),
    ("ProbeForRead", A, "IrqlExApcLte2", 0x0002_0006),
    ("ProbeForWrite", A, "IrqlExApcLte2", 0x0002_0006),
    ("PsCreateSystemThread", P, "IrqlPsPassive", 0x0002_001C),
    ("PsGetVersion", P, "IrqlPsPassive", 0x0002_001C),
    ("PsTerminateSystemThread", P, "IrqlPsPassive", 0x0002_001C),
    ("RtlCreateRegistryKey", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("RtlDeleteRegistryValue", P, "IrqlRtlPassive", 0x0002_001E),
    ("RtlEqualUnicodeString", P, "IrqlDdi", 0),
    ("RtlFreeAnsiString", P, "IrqlDdi", 0),
    ("RtlFreeUnicodeString", P, "IrqlDdi", 0),
    ("RtlGUIDFromString", P, "IrqlDdi", 0),
    ("RtlQueryRegistryValues", P, "IrqlDdi", 0),
    ("RtlUnicodeStringToAnsiString", P, "IrqlDdi", 0),
    ("RtlWriteRegistryValue", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("USBD_AssignUrbToIoStackLocation", D, "IrqlUsbd", 0),
    ("USBD_CloseHandle", P, "CloseAbovePassive", 0),
    ("USBD_CreateHandle", P, "IrqlUsbd", 0),
    ("USBD_GetInterfaceLength", P, "IrqlUsbd", 0),
    ("USBD_IsInterfaceVersionSupported", P, "IrqlUsbd", 0),
    ("USBD_IsochUrbAllocate", D, "IrqlUsbd", 0),
    ("USBD_ParseConfigurationDescriptorEx", P, "IrqlUsbd", 0),
    ("USBD_ParseDescriptors", P, "IrqlUsbd", 0),
    ("USBD_QueryUsbCapability", P, "IrqlUsbd", 0),
    ("USBD_SelectConfigUrbAllocateAndBuild", D, "IrqlUsbd", 0),
    ("USBD_SelectInterfaceUrbAllocateAndBuild", D, "IrqlUsbd", 0),
    ("USBD_UrbAllocate", D, "IrqlUsbd", 0),
    ("USBD_UrbFree", D, "IrqlUsbd", 0),
    ("USBD_ValidateConfigurationDescriptor", P, "IrqlUsbd", 0),
    ("ZwClose", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwCreateFile", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("ZwCreateKey", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwDeleteKey", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwDeleteValueKey", P, "IrqlIoRtlZwPassive", 0x0002_0023),
    ("ZwEnumerateKey", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwEnumerateValueKey", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwFlushKey", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwOpenKey", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwQueryKey", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwQuerySystemInformation", P, "IrqlDdi", 0),
    ("ZwQueryValueKey", P, "IrqlZwPassive", 0x0002_001F),
    ("ZwSetValueKey", P, "IrqlZwPassive", 0x0002_001F),
];

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let EventKind::Call(call) = &event.kind else { return };
    let Ok(at) = TABLE.binary_search_by(|(routine, ..)| (*routine).cmp(&call.routine)) else { return };
    let Some((routine, level, rule, code)) = TABLE.get(at) else { return };
    let (allowed, words, bound) = match *level {
        Level::AtMost(PASSIVE_LEVEL) => (event.irql == PASSIVE_LEVEL, "only at", PASSIVE_LEVEL),
        Level::AtMost(bound) => (event.irql <= bound, "at most at", bound),
        Level::Exactly(bound) => (event.irql == bound, "only at", bound),
    };
    if allowed {
        return;
    }
    let detail = format!(
        "{routine} was called at {}, but may be called {words} {}",
        names::irql(event.irql),
        names::irql(bound)
    );
    let found = Violation::new(rule, event).detail(detail);
    findings.report(if *code == 0 { found } else { found.code(0xC4, *code) });
}

#[cfg(test)]
mod tests {
    use super::{RULE, TABLE};

    #[test]
    fn the_table_is_sorted_and_names_known_rules() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (routine, _, rule, _) in TABLE {
            assert!(RULE.names.contains(rule), "{routine}");
        }
    }

    #[test]
    fn every_name_has_a_routine() {
        for name in RULE.names {
            assert!(TABLE.iter().any(|(_, _, rule, _)| rule == name), "{name}");
        }
    }
}
