//! Objects that threads wait on.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::LIST_ENTRY;
use crate::mem::Addr;

/// `DISPATCHER_HEADER` (wdm.h): the start of every object that can be waited on.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DISPATCHER_HEADER {
    /// [`Self::NOTIFICATION_EVENT`] and its siblings.
    pub Type: u8,
    pub Signalling: u8,
    /// In units of four bytes.
    pub Size: u8,
    pub Reserved1: u8,
    /// Not zero while signalled.
    pub SignalState: i32,
    pub WaitListHead: LIST_ENTRY,
}

impl DISPATCHER_HEADER {
    /// `NotificationEvent`: stays signalled until cleared.
    pub const NOTIFICATION_EVENT: u8 = 0;
    /// `SynchronizationEvent`: releases one waiter and clears itself.
    pub const SYNCHRONIZATION_EVENT: u8 = 1;
    /// A mutex.
    pub const MUTANT: u8 = 2;
    /// A semaphore.
    pub const SEMAPHORE: u8 = 5;
    /// A thread: signalled when it has ended.
    pub const THREAD: u8 = 6;
    /// A timer that stays signalled.
    pub const TIMER_NOTIFICATION: u8 = 8;
    /// A timer that releases one waiter.
    pub const TIMER_SYNCHRONIZATION: u8 = 9;
}

/// `KEVENT` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct KEVENT {
    pub Header: DISPATCHER_HEADER,
}

/// `KTIMER` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct KTIMER {
    pub Header: DISPATCHER_HEADER,
    /// Interrupt time at which it expires, in units of 100 ns.
    pub DueTime: u64,
    pub TimerListEntry: LIST_ENTRY,
    pub Dpc: Addr,
    pub Processor: u16,
    pub TimerType: u16,
    /// In milliseconds; zero for a timer that expires once.
    pub Period: u32,
}

/// `KSEMAPHORE` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct KSEMAPHORE {
    /// Its `SignalState` is the count.
    pub Header: DISPATCHER_HEADER,
    /// The highest count.
    pub Limit: i32,
    pub(crate) _Pad: u32,
}

/// `KMUTANT` (wdm.h), which drivers call `KMUTEX`.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct KMUTANT {
    /// Its `SignalState` is 1 while nobody has it, and lower by one for each time that its owner took it.
    pub Header: DISPATCHER_HEADER,
    pub MutantListEntry: LIST_ENTRY,
    /// NULL while nobody has it.
    pub OwnerThread: Addr,
    pub Abandoned: u8,
    pub ApcDisable: u8,
    pub(crate) _Pad: [u8; 6],
}

/// `FAST_MUTEX` and `KGUARDED_MUTEX` (wdm.h): as large as each other, and taken the same way here.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FAST_MUTEX {
    /// 1 while nobody has it.
    pub Count: i32,
    pub(crate) _Pad1: u32,
    /// NULL while nobody has it.
    pub Owner: Addr,
    pub Contention: u32,
    pub(crate) _Pad2: u32,
    pub Event: KEVENT,
    /// Where its owner goes back to.
    pub OldIrql: u32,
    pub(crate) _Pad3: u32,
}

const _: () = assert!(size_of::<KSEMAPHORE>() == 32);
const _: () = assert!(size_of::<KMUTANT>() == 56 && std::mem::offset_of!(KMUTANT, OwnerThread) == 40);
const _: () = assert!(size_of::<FAST_MUTEX>() == 56 && std::mem::offset_of!(FAST_MUTEX, Event) == 24);
