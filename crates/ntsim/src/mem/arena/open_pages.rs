//! Which pages of guarded memory the driver may touch, where a signal handler can see it.
//!
//! The driver never touches most of what is allocated. A page that it may touch is filled in when it does so for the first
//! time in this process: the access faults, and [`reopen`] lets it go on. From then on the page is filled in as soon as it
//! is open. A host that is short of memory may empty a page again, and the same happens.

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{host::to_usize, user_faults};
use crate::mem::{Addr, KERNEL_BASE, KERNEL_SIZE, PAGE_SIZE, USER_BASE, USER_SIZE};

const fn words(bytes: u64) -> usize {
    to_usize(bytes / PAGE_SIZE / 64)
}

/// One bit for each page of both arenas.
struct Bits {
    kernel: [AtomicU64; words(KERNEL_SIZE)],
    user: [AtomicU64; words(USER_SIZE)],
}

impl Bits {
    #[expect(clippy::large_stack_frames, clippy::large_stack_arrays, reason = "evaluated for statics only")]
    const fn new() -> Self {
        Self {
            kernel: [const { AtomicU64::new(0) }; words(KERNEL_SIZE)],
            user: [const { AtomicU64::new(0) }; words(USER_SIZE)],
        }
    }

    /// The word and the bit of the page that holds `address`.
    fn at(&self, address: Addr) -> Option<(&AtomicU64, u64)> {
        let (map, offset): (&[AtomicU64], u64) = match address.0.checked_sub(KERNEL_BASE.0) {
            Some(offset) => (&self.kernel, offset),
            None => (&self.user, address.0.checked_sub(USER_BASE.0)?),
        };
        let page = offset / PAGE_SIZE;
        Some((map.get(to_usize(page / 64))?, 1 << (page % 64)))
    }

    fn get(&self, address: Addr) -> bool {
        self.at(address).is_some_and(|(word, bit)| word.load(Ordering::Relaxed) & bit != 0)
    }

    fn set(&self, address: Addr, on: bool) {
        let Some((word, bit)) = self.at(address) else { return };
        let now = word.load(Ordering::Relaxed);
        // One thread runs, so nobody writes in between.
        word.store(if on { now | bit } else { now & !bit }, Ordering::Relaxed);
    }
}

/// The driver may touch the page.
static OPEN: Bits = Bits::new();
/// It can: the page is filled in.
static FILLED: Bits = Bits::new();
/// It was touched, in this life or an earlier one.
static TOUCHED: Bits = Bits::new();

/// It is a user's, closed, and lent for one instruction when the driver touches it.
static WATCHED: Bits = Bits::new();

fn pages(start: Addr, length: u64) -> impl DoubleEndedIterator<Item = Addr> {
    (0..length.div_ceil(PAGE_SIZE)).map(move |page| start.add(page * PAGE_SIZE))
}

/// Opens the pages of a range; `fill` makes those accessible that are worth it now.
pub(super) fn open(start: Addr, length: u64, fill: impl Fn(Addr, u64) -> io::Result<()>) -> io::Result<()> {
    let mut run: Option<(Addr, u64)> = None;
    for page in pages(start, length) {
        OPEN.set(page, true);
        let wanted = TOUCHED.get(page) && !FILLED.get(page);
        FILLED.set(page, wanted || FILLED.get(page));
        run = match (run, wanted) {
            (Some((from, bytes)), true) => Some((from, bytes + PAGE_SIZE)),
            (None, true) => Some((page, PAGE_SIZE)),
            (Some((from, bytes)), false) => {
                fill(from, bytes)?;
                None
            }
            (None, false) => None,
        };
    }
    run.map_or(Ok(()), |(from, bytes)| fill(from, bytes))
}

/// Closes the pages of a range; `empty` makes inaccessible what is accessible.
pub(super) fn close(
    start: Addr,
    length: u64,
    empty: impl FnOnce(Addr, u64) -> io::Result<()>,
) -> io::Result<()> {
    let mut filled: Option<(Addr, Addr)> = None;
    for page in pages(start, length) {
        OPEN.set(page, false);
        WATCHED.set(page, false);
        if FILLED.get(page) {
            FILLED.set(page, false);
            filled = Some((filled.map_or(page, |(first, _)| first), page));
        }
    }
    filled.map_or(Ok(()), |(first, last)| empty(first, last.0 + PAGE_SIZE - first.0))
}

/// From now on, or no longer, the closed pages of a range are lent when the driver touches them.
pub(super) fn watch(start: Addr, length: u64, on: bool) {
    for page in pages(start, length) {
        WATCHED.set(page, on);
    }
}

/// From the fault handler: opens a watched page. False: it is not watched.
#[must_use]
pub fn lend_watched(page: Addr) -> bool {
    WATCHED.get(page) && user_faults::fill_from_handler(page, false)
}

/// From the fault handler: closes a page that was lent.
pub fn return_lent(page: Addr) {
    user_faults::empty_from_handler(page);
}

/// From the fault handler: fills a page in that the driver may touch. False: it may not, or the page is not the reason for
/// the fault.
#[must_use]
pub fn reopen(address: Addr) -> bool {
    let page = Addr(address.0 & !(PAGE_SIZE - 1));
    if !OPEN.get(page) || !user_faults::fill_from_handler(page, FILLED.get(page)) {
        return false;
    }
    FILLED.set(page, true);
    TOUCHED.set(page, true);
    true
}
