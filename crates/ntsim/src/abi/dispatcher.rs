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
