//! Memory descriptor lists.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::mem::Addr;

/// `MDL` (wdm.h), which an array of page frame numbers follows.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct MDL {
    pub Next: Addr,
    /// Size of list and page array together, in bytes.
    pub Size: i16,
    pub MdlFlags: u16,
    _Pad: u32,
    pub Process: Addr,
    pub MappedSystemVa: Addr,
    /// The buffer's address, rounded down to a page.
    pub StartVa: Addr,
    pub ByteCount: u32,
    pub ByteOffset: u32,
}

impl MDL {
    /// `MDL_MAPPED_TO_SYSTEM_VA`.
    pub const MAPPED_TO_SYSTEM_VA: u16 = 0x0001;
    /// `MDL_PAGES_LOCKED`.
    pub const PAGES_LOCKED: u16 = 0x0002;
    /// `MDL_SOURCE_IS_NONPAGED_POOL`.
    pub const SOURCE_IS_NONPAGED_POOL: u16 = 0x0004;
    /// `MDL_ALLOCATED_FIXED_SIZE`.
    pub const ALLOCATED_FIXED_SIZE: u16 = 0x0008;
    /// `MDL_PARTIAL`.
    pub const PARTIAL: u16 = 0x0010;
    /// `MDL_PARTIAL_HAS_BEEN_MAPPED`.
    pub const PARTIAL_HAS_BEEN_MAPPED: u16 = 0x0020;
    /// `MDL_WRITE_OPERATION`.
    pub const WRITE_OPERATION: u16 = 0x0080;
    /// `MDL_MAPPING_CAN_FAIL`.
    pub const MAPPING_CAN_FAIL: u16 = 0x2000;

    /// The buffer's first byte, as `MmGetMdlVirtualAddress` gives it.
    #[must_use]
    pub const fn virtual_address(&self) -> Addr {
        self.StartVa.add(self.ByteOffset as u64)
    }
}
