//! Variables that the kernel exports. They lie in the simulator, where no life's end takes them away; drivers only read
//! them, and read them as they read any memory.

use super::{
    Kernel,
    export::{Export, HIGH_LEVEL, Handler, Returns},
};
use crate::{
    mem::{Addr, SYSTEM_RANGE_START},
    stop::Stop,
};

/// Where object types would lie: in no arena.
const OBJECT_TYPES: u64 = 0xFFFF_8400_0000_0000;
/// Where the system process would lie.
const SYSTEM_PROCESS: u64 = super::process::PROCESSES;

/// Defines one exported variable and gives its export.
macro_rules! variable {
    ($name:literal, $page:literal, $type:ty, $value:expr) => {
        Export::new(
            $name,
            $page,
            HIGH_LEVEL,
            Returns::Pointer,
            &[],
            Handler::Data({
                fn address(_: &mut Kernel) -> Result<Addr, Stop> {
                    static VARIABLE: $type = $value;
                    Ok(Addr(&raw const VARIABLE as u64))
                }
                address
            }),
        )
    };
}

/// A variable that points to an object type: nothing lies there, but types can be told apart.
macro_rules! object_type {
    ($name:literal, $number:literal) => {
        variable!($name, "wdm/nf-wdm-obreferenceobjectbyhandle", u64, OBJECT_TYPES + $number * 0x1000)
    };
}

/// The variables. `MmSystemRangeStart` is with the routines of the system.
pub const EXPORTS: &[Export] = &[
    object_type!("IoFileObjectType", 1),
    object_type!("IoDeviceObjectType", 2),
    object_type!("IoDriverObjectType", 3),
    object_type!("ExEventObjectType", 4),
    object_type!("ExSemaphoreObjectType", 5),
    object_type!("PsProcessType", 6),
    object_type!("SeTokenObjectType", 7),
    object_type!("CmKeyObjectType", 8),
    variable!("PsInitialSystemProcess", "ntddk/ns-ntddk-psinitialsystemprocess", u64, SYSTEM_PROCESS),
    variable!("MmHighestUserAddress", "wdm/nf-wdm-mmsystemrangestart", u64, SYSTEM_RANGE_START.0 - 0x1_0001),
    variable!("MmUserProbeAddress", "wdm/nf-wdm-probeforread", u64, SYSTEM_RANGE_START.0 - 0x1_0000),
    // No debugger, no safe boot; the processors are those that a machine has unless it is told otherwise.
    variable!("KdDebuggerEnabled", "wdm/nf-wdm-kdrefreshdebuggernotpresent", u8, 0),
    variable!("KdDebuggerNotPresent", "wdm/nf-wdm-kdrefreshdebuggernotpresent", u8, 1),
    variable!(
        "InitSafeBootMode",
        "drivers/ifs/determining-whether-the-operating-system-is-running-in-safe-mode",
        u32,
        0
    ),
    variable!("KeNumberProcessors", "ntddk/nf-ntddk-kequeryactiveprocessors", u8, 2),
    // A free build of Windows 10 version 2004.
    variable!("NtBuildNumber", "wdm/nf-wdm-rtlgetversion", u32, 0xF000_0000 | 0x4A61),
];
