//! File objects.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{KEVENT, LIST_ENTRY, UNICODE_STRING};
use crate::mem::Addr;

/// `FILE_OBJECT` (wdm.h): one open of a device.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FILE_OBJECT {
    pub Type: i16,
    pub Size: i16,
    _Pad1: u32,
    pub DeviceObject: Addr,
    pub Vpb: Addr,
    /// For the driver's use.
    pub FsContext: Addr,
    /// For the driver's use.
    pub FsContext2: Addr,
    pub SectionObjectPointer: Addr,
    pub PrivateCacheMap: Addr,
    pub FinalStatus: i32,
    _Pad2: u32,
    pub RelatedFileObject: Addr,
    pub LockOperation: u8,
    pub DeletePending: u8,
    pub ReadAccess: u8,
    pub WriteAccess: u8,
    pub DeleteAccess: u8,
    pub SharedRead: u8,
    pub SharedWrite: u8,
    pub SharedDelete: u8,
    /// `FO_*`.
    pub Flags: u32,
    _Pad3: u32,
    pub FileName: UNICODE_STRING,
    pub CurrentByteOffset: i64,
    pub Waiters: u32,
    pub Busy: u32,
    pub LastLock: Addr,
    pub Lock: KEVENT,
    pub Event: KEVENT,
    pub CompletionContext: Addr,
    pub IrpListLock: u64,
    pub IrpList: LIST_ENTRY,
    pub FileObjectExtension: Addr,
}

impl FILE_OBJECT {
    /// `IO_TYPE_FILE`.
    pub const TYPE: i16 = 5;
    /// `FO_SYNCHRONOUS_IO`: every request on the file is waited for.
    pub const SYNCHRONOUS_IO: u32 = 0x0000_0002;
    /// `FO_CLEANUP_COMPLETE`: the last handle is closed.
    pub const CLEANUP_COMPLETE: u32 = 0x0000_4000;
    /// `FO_HANDLE_CREATED`: a handle was opened.
    pub const HANDLE_CREATED: u32 = 0x0004_0000;
}
