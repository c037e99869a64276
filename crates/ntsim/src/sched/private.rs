//! Kernel routines that other threads do not notice.
//!
//! A thread that is preempted before such a call might as well be preempted before its next one: what the routine
//! reads and writes belongs to the caller alone. Exploration spends no preemption there. It costs nothing but races
//! between plain loads and stores of the driver between the two calls, which are not explored anyway.

/// Routines that read what does not change, or work on an object that only the caller has.
const PRIVATE: &[&str] = &[
    "DbgPrint",
    "DbgPrintEx",
    "EtwRegister",
    "EtwSetInformation",
    "EtwUnregister",
    "EtwWrite",
    "EtwWriteTransfer",
    "ExAllocatePool2",
    "IoAllocateIrp",
    "IoAllocateMdl",
    "IoBuildPartialMdl",
    "IoInitializeRemoveLockEx",
    "IoReuseIrp",
    "KeGetCurrentIrql",
    "KeInitializeDpc",
    "KeInitializeEvent",
    "KeInitializeTimer",
    "KeInitializeTimerEx",
    "KeQueryInterruptTimePrecise",
    "MmUnmapLockedPages",
    "RtlFreeUnicodeString",
    "RtlInitUnicodeString",
    "USBD_AssignUrbToIoStackLocation",
    "USBD_IsInterfaceVersionSupported",
    "USBD_SelectConfigUrbAllocateAndBuild",
    "USBD_UrbAllocate",
    "USBD_ValidateConfigurationDescriptor",
];

/// Whether no other thread notices when a routine is called.
pub(super) fn is_private(routine: &str) -> bool {
    PRIVATE.binary_search(&routine).is_ok()
}

#[cfg(test)]
mod tests {
    use super::PRIVATE;
    use crate::kernel::exports;

    #[test]
    fn the_routines_are_in_order_and_exist() {
        assert!(PRIVATE.is_sorted());
        for routine in PRIVATE {
            assert!(exports::find_by_name(routine).is_some(), "{routine}");
        }
    }
}
