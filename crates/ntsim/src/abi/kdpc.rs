//! Deferred procedure calls.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::mem::Addr;

/// `KDPC` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct KDPC {
    /// Type (19), importance and target processor.
    pub TargetInfoAsUlong: u32,
    _Pad: u32,
    pub DpcListEntry: Addr,
    pub ProcessorHistory: u64,
    pub DeferredRoutine: Addr,
    pub DeferredContext: Addr,
    pub SystemArgument1: Addr,
    pub SystemArgument2: Addr,
    /// Not NULL while it is queued.
    pub DpcData: Addr,
}

impl KDPC {
    /// The object type of a DPC.
    pub const TYPE: u32 = 19;
}
