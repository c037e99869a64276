//! Which pages of guarded memory the driver may touch, where a signal handler can see it.
//!
//! A page that is open can still be empty: a host that is short of memory takes pages back. The driver's next access
//! faults then, and [`reopen`] says that it may go on.

use std::sync::atomic::{AtomicU64, Ordering};

use super::user_faults::open_from_handler;
use crate::mem::{Addr, KERNEL_BASE, KERNEL_SIZE, PAGE_SIZE, USER_BASE, USER_SIZE};

const fn words(bytes: u64) -> usize {
    super::host::to_usize(bytes / PAGE_SIZE / 64)
}

static KERNEL: [AtomicU64; words(KERNEL_SIZE)] = [const { AtomicU64::new(0) }; _];
static USER: [AtomicU64; words(USER_SIZE)] = [const { AtomicU64::new(0) }; _];

/// The word and the bit of the page that holds `address`.
fn bit(address: Addr) -> Option<(&'static AtomicU64, u64)> {
    let (map, offset): (&[AtomicU64], u64) = match address.0.checked_sub(KERNEL_BASE.0) {
        Some(offset) => (&KERNEL, offset),
        None => (&USER, address.0.checked_sub(USER_BASE.0)?),
    };
    let page = offset / PAGE_SIZE;
    Some((map.get(super::host::to_usize(page / 64))?, 1 << (page % 64)))
}

/// Notes that the driver may touch the pages of a range, or no longer may.
pub(super) fn note(start: Addr, length: u64, open: bool) {
    for page in 0..length.div_ceil(PAGE_SIZE) {
        let Some((word, bit)) = bit(start.add(page * PAGE_SIZE)) else { return };
        let now = word.load(Ordering::Relaxed);
        word.store(if open { now | bit } else { now & !bit }, Ordering::Relaxed);
    }
}

/// From the fault handler: fills a page in that is open, and that the host has emptied. False: it is not open.
#[must_use]
pub fn reopen(address: Addr) -> bool {
    let Some((word, bit)) = bit(address) else { return false };
    word.load(Ordering::Relaxed) & bit != 0 && open_from_handler(Addr(address.0 & !(PAGE_SIZE - 1)))
}
