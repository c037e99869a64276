//! Device objects.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{KDPC, KEVENT, LIST_ENTRY};
use crate::mem::Addr;

/// `KDEVICE_QUEUE` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct KDEVICE_QUEUE {
    pub Type: i16,
    pub Size: i16,
    _Pad: u32,
    pub DeviceListHead: LIST_ENTRY,
    pub Lock: u64,
    pub Busy: u64,
}

/// `DEVICE_OBJECT` (wdm.h). A device extension follows it in memory.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(16))]
pub struct DEVICE_OBJECT {
    pub Type: i16,
    /// Size of object and extension together, in bytes.
    pub Size: u16,
    pub ReferenceCount: i32,
    pub DriverObject: Addr,
    pub NextDevice: Addr,
    /// The device attached above.
    pub AttachedDevice: Addr,
    pub CurrentIrp: Addr,
    pub Timer: Addr,
    /// `DO_*`, see [`device_flags`](super::device_flags).
    pub Flags: u32,
    pub Characteristics: u32,
    pub Vpb: Addr,
    pub DeviceExtension: Addr,
    pub DeviceType: u32,
    pub StackSize: i8,
    _Pad1: [u8; 3],
    pub Queue: [u64; 9],
    pub AlignmentRequirement: u32,
    _Pad2: u32,
    pub DeviceQueue: KDEVICE_QUEUE,
    pub Dpc: KDPC,
    pub ActiveThreadCount: u32,
    _Pad3: u32,
    pub SecurityDescriptor: Addr,
    pub DeviceLock: KEVENT,
    pub SectorSize: u16,
    pub Spare1: u16,
    _Pad4: u32,
    pub DeviceObjectExtension: Addr,
    pub Reserved: Addr,
    _Pad5: u64,
}

impl DEVICE_OBJECT {
    /// `IO_TYPE_DEVICE`.
    pub const TYPE: i16 = 3;
}

/// `DEVOBJ_EXTENSION` (wdm.h): the I/O manager's part, of which drivers may use nothing.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DEVOBJ_EXTENSION {
    pub Type: i16,
    pub Size: u16,
    _Pad1: u32,
    pub DeviceObject: Addr,
    pub PowerFlags: u32,
    _Pad2: u32,
    pub Dope: Addr,
    pub ExtensionFlags: u32,
    _Pad3: u32,
    pub DeviceNode: Addr,
    /// The device that this one is attached to.
    pub AttachedTo: Addr,
    pub StartIoCount: i32,
    pub StartIoKey: i32,
    pub StartIoFlags: u32,
    _Pad4: u32,
    pub Vpb: Addr,
    pub DependencyNode: Addr,
    pub InterruptContext: Addr,
    pub InterruptCount: i32,
    _Pad5: u32,
    pub VerifierContext: Addr,
}
