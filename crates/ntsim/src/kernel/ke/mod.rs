//! Dispatcher objects, spin locks, `IRQL`, deferred procedure calls and timers.

mod delay;
mod dpc;
mod event;
mod irql;
mod latch;
mod spin_lock;
mod timer;
mod wait;

use std::collections::{BTreeMap, VecDeque};

pub use latch::Latch;
pub use spin_lock::{CANCEL_SPIN_LOCK, acquire_spin_lock};
pub use wait::wait_for_object;

use super::export::Export;
use crate::{mem::Addr, sched::ThreadId};

/// The routines of this part.
pub const EXPORTS: &[&[Export]] = &[
    delay::EXPORTS,
    dpc::EXPORTS,
    event::EXPORTS,
    irql::EXPORTS,
    spin_lock::EXPORTS,
    timer::EXPORTS,
    wait::EXPORTS,
];

/// What threads wait for, and what will run later.
#[derive(Debug, Default)]
pub struct Ke {
    /// Threads that wait for a dispatcher object, in order.
    waiters: BTreeMap<Addr, VecDeque<ThreadId>>,
    locks: BTreeMap<Addr, spin_lock::Held>,
    dpcs: dpc::Dpcs,
    timers: BTreeMap<Addr, u64>,
}
