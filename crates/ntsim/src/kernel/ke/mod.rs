//! Dispatcher objects, spin locks, `IRQL`, deferred procedure calls and timers.

mod delay;
mod dpc;
mod event;
mod fast_mutex;
mod irql;
mod latch;
mod mutex;
mod region;
mod semaphore;
mod spin_lock;
mod timer;
mod wait;

use std::collections::BTreeMap;

pub(super) use irql::set_irql_inline;
pub use latch::Latch;
pub use spin_lock::{CANCEL_SPIN_LOCK, acquire_spin_lock};
pub use wait::wait_for_object;

use super::export::Export;
use crate::mem::Addr;

/// The routines of this part.
pub const EXPORTS: &[&[Export]] = &[
    delay::EXPORTS,
    dpc::EXPORTS,
    event::EXPORTS,
    fast_mutex::EXPORTS,
    irql::EXPORTS,
    mutex::EXPORTS,
    region::EXPORTS,
    semaphore::EXPORTS,
    spin_lock::EXPORTS,
    timer::EXPORTS,
    wait::EXPORTS,
];

/// What threads wait for, and what will run later.
#[derive(Debug, Default)]
pub struct Ke {
    waiters: wait::Waiters,
    mutexes: fast_mutex::Queues,
    regions: region::Regions,
    locks: BTreeMap<Addr, spin_lock::Held>,
    dpcs: dpc::Dpcs,
    timers: BTreeMap<Addr, u64>,
}
