//! Remove locks.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{KEVENT, LIST_ENTRY};
use crate::mem::Addr;

/// `IO_REMOVE_LOCK` of a free build (32 bytes), which is also the start of the checked build's.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct IO_REMOVE_LOCK {
    pub Removed: u8,
    pub Reserved: [u8; 3],
    /// One for the lock itself and one for each acquisition.
    pub IoCount: i32,
    pub RemoveEvent: KEVENT,
}

/// `IO_REMOVE_LOCK_DBG_BLOCK` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct IO_REMOVE_LOCK_DBG_BLOCK {
    pub Signature: i32,
    pub HighWatermark: u32,
    pub MaxLockedTicks: i64,
    pub AllocateTag: u32,
    _Pad1: u32,
    pub LockList: LIST_ENTRY,
    pub Spin: u64,
    pub LowMemoryCount: i32,
    pub Reserved1: [u32; 4],
    _Pad2: u32,
    pub Reserved2: Addr,
    pub Blocks: Addr,
}

/// `IO_REMOVE_LOCK` of a checked build (120 bytes).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct IO_REMOVE_LOCK_VERIFIED {
    pub Common: IO_REMOVE_LOCK,
    pub Dbg: IO_REMOVE_LOCK_DBG_BLOCK,
}
