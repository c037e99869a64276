//! I/O request packets.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::LIST_ENTRY;
use crate::mem::Addr;

/// `IO_STATUS_BLOCK` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct IO_STATUS_BLOCK {
    /// An `NTSTATUS`.
    pub Status: u32,
    _Pad: u32,
    pub Information: u64,
}

impl IO_STATUS_BLOCK {
    /// A status and its information.
    #[must_use]
    pub const fn new(status: u32, information: u64) -> Self {
        Self { Status: status, _Pad: 0, Information: information }
    }
}

/// `IRP.Tail.Overlay` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct IRP_TAIL_OVERLAY {
    /// For the driver that holds the IRP.
    pub DriverContext: [Addr; 4],
    pub Thread: Addr,
    pub AuxiliaryBuffer: Addr,
    /// For the driver that holds the IRP.
    pub ListEntry: LIST_ENTRY,
    pub CurrentStackLocation: Addr,
    pub OriginalFileObject: Addr,
}

/// `IRP` (wdm.h). `StackCount` stack locations follow it in memory.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(16))]
pub struct IRP {
    pub Type: i16,
    /// Size of packet and stack locations together, in bytes.
    pub Size: u16,
    _Pad1: u32,
    pub MdlAddress: Addr,
    /// `IRP_*`, see [`io_flags`](super::io_flags).
    pub Flags: u32,
    _Pad2: u32,
    /// `AssociatedIrp.SystemBuffer`, or the master IRP.
    pub AssociatedIrp: Addr,
    pub ThreadListEntry: LIST_ENTRY,
    pub IoStatus: IO_STATUS_BLOCK,
    /// 0 kernel mode, 1 user mode.
    pub RequestorMode: u8,
    pub PendingReturned: u8,
    pub StackCount: i8,
    /// 1-based; `StackCount + 1` before the first driver has it.
    pub CurrentLocation: i8,
    pub Cancel: u8,
    pub CancelIrql: u8,
    pub ApcEnvironment: u8,
    pub AllocationFlags: u8,
    pub UserIosb: Addr,
    pub UserEvent: Addr,
    /// `Overlay.AsynchronousParameters`: the APC routine and its context.
    pub Overlay: [Addr; 2],
    pub CancelRoutine: Addr,
    pub UserBuffer: Addr,
    /// `Tail.Overlay`.
    pub Tail: IRP_TAIL_OVERLAY,
    _Pad3: u64,
}

impl IRP {
    /// `IO_TYPE_IRP`.
    pub const TYPE: i16 = 6;
}
