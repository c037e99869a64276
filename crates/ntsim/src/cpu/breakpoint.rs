//! Breakpoints of the simulator's own in the driver's code.
//!
//! An `int3` stands where a basic block begins that was not reached yet, and, while threads may switch at the driver's
//! atomic instructions, on each of these. The first kind goes away when it is hit; the second sends the driver to a stub
//! ([`super::point`]). One place can be both.

// UNSAFETY: changes bytes of the driver's code, also from a signal handler.
#![expect(unsafe_code, reason = "writes the driver's code through the host's view")]

use std::{
    ptr::{self, NonNull},
    sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed},
};

use super::{context::Interrupted, point, trap::Answer};
use crate::mem::{Addr, BadAccess, Mem};

/// `int3`
const BREAKPOINT: u8 = 0xCC;
/// The byte that belongs here.
const BYTE: u32 = 0xFF;
/// A block begins here that was not reached yet.
const BLOCK: u32 = 0x100;
/// A block begins here that was reached, and nobody was told yet.
const REACHED: u32 = 0x200;
/// Threads may switch here.
const POINT: u32 = 0x400;
/// Where the number of the place's stub begins.
const STUB_SHIFT: u32 = 12;
/// How many places there can be at which threads switch.
pub const MOST_POINTS: usize = 1 << (32 - STUB_SHIFT);

/// The table of the image that is loaded, for the handler.
static ACTIVE: AtomicPtr<Table> = AtomicPtr::new(ptr::null_mut());

/// Breakpoints in a range of the image's code.
#[derive(Debug)]
pub struct Breakpoints {
    // INVARIANT: made by `Box::into_raw`, and ours until dropped. Only shared references to it are made.
    table: NonNull<Table>,
    blocks: Vec<u32>,
}

#[derive(Debug)]
struct Table {
    base: Addr,
    // INVARIANT: where the simulator sees the code, one byte for each entry, writable.
    host: NonNull<u8>,
    /// For each byte of the code: what belongs there and what stands there.
    entries: Box<[AtomicU32]>,
    /// Where threads may switch, in the order of the stubs.
    points: Vec<u32>,
}

impl Breakpoints {
    /// No breakpoint yet in the `length` bytes of code at `base`, which hold now what belongs there. `points` are the
    /// offsets of the places where threads may switch later, in the order of their stubs. There is one such table at a
    /// time; it must go before the memory does.
    ///
    /// # Errors
    /// When the range is not in the image.
    pub fn new(mem: &mut Mem, base: Addr, length: u64, points: Vec<u32>) -> Result<Self, BadAccess> {
        let entries = mem.bytes(base, length)?.iter().map(|byte| AtomicU32::new(u32::from(*byte))).collect();
        let host = mem.host_view_of_image(base, length)?;
        let table = Table { base, host, entries, points };
        for (offset, number) in table.points.iter().take(MOST_POINTS).zip(0..) {
            table.change(*offset, |entry| entry | number << STUB_SHIFT);
        }
        let table = NonNull::from(Box::leak(Box::new(table)));
        ACTIVE.store(table.as_ptr(), Relaxed);
        Ok(Self { table, blocks: Vec::new() })
    }

    const fn table(&self) -> &Table {
        // SAFETY: the invariant of `table`: it lives as long as `self` and nobody has it exclusively.
        unsafe { self.table.as_ref() }
    }

    /// Watches for the blocks that begin at these offsets from the base. Those outside the code are left out.
    pub fn watch_blocks(&mut self, offsets: &[u32]) {
        let table = self.table();
        let known = |offset: &u32| table.entry(*offset).is_some();
        let blocks: Vec<u32> = offsets.iter().copied().filter(known).collect();
        for offset in &blocks {
            table.change(*offset, |entry| entry | BLOCK);
        }
        self.blocks = blocks;
    }

    /// The offsets of the blocks that were reached since this was asked last.
    pub fn take_reached(&mut self) -> Vec<u32> {
        let table = self.table();
        let reached = |offset: &u32| {
            table.entry(*offset).is_some_and(|entry| entry.fetch_and(!REACHED, Relaxed) & REACHED != 0)
        };
        self.blocks.iter().copied().filter(reached).collect()
    }

    /// Lets threads switch at the points from now on, or no longer.
    pub fn switch_points(&mut self, on: bool) {
        let table = self.table();
        for offset in table.points.iter().take(MOST_POINTS) {
            table.change(*offset, |entry| if on { entry | POINT } else { entry & !POINT });
        }
    }
}

impl Drop for Breakpoints {
    fn drop(&mut self) {
        for offset in self.blocks.iter().chain(&self.table().points) {
            self.table().change(*offset, |entry| entry & BYTE);
        }
        ACTIVE.store(ptr::null_mut(), Relaxed);
        // SAFETY: the invariant of `table`; the handler no longer finds it, and no driver code runs now.
        drop(unsafe { Box::from_raw(self.table.as_ptr()) });
    }
}

impl Table {
    fn entry(&self, offset: u32) -> Option<&AtomicU32> {
        self.entries.get(usize::try_from(offset).ok()?)
    }

    /// Changes an entry, and the code accordingly.
    fn change(&self, offset: u32, how: impl Fn(u32) -> u32) {
        let Some(entry) = self.entry(offset) else { return };
        let before = entry.load(Relaxed);
        let after = how(before);
        entry.store(after, Relaxed);
        let armed = |entry: u32| entry & (BLOCK | POINT) != 0;
        if armed(before) != armed(after) {
            self.write(offset, if armed(after) { BREAKPOINT } else { (after & BYTE) as u8 });
        }
    }

    /// Writes a byte of the code. The processor notices, because it leaves the simulator by an instruction that
    /// serializes (the return from a signal), or has not run this code since.
    fn write(&self, offset: u32, byte: u8) {
        // SAFETY: `offset` has an entry, so it is in the range that `host` is valid for.
        let place = unsafe { self.host.add(offset as usize) };
        // SAFETY: the place is writable, and no reference to it is alive while the driver runs or `self` is used.
        unsafe { place.write_volatile(byte) };
    }
}

/// The instruction whose copy runs at `address`; any other address is given back.
pub(super) fn original(address: Addr) -> Addr {
    let Some(number) = point::stub_at(address) else { return address };
    // SAFETY: null, or a table that lives as long as driver code can run.
    let table = unsafe { ACTIVE.load(Relaxed).as_ref() };
    let place = table.and_then(|table| Some(table.base.add(u64::from(*table.points.get(number)?))));
    place.unwrap_or(address)
}

/// Takes care of an `int3` that the simulator wrote.
pub(super) fn handle(interrupted: &mut Interrupted<'_>) -> Answer {
    if !interrupted.is_breakpoint() {
        return Answer::NotMine;
    }
    // SAFETY: null, or a table that lives as long as driver code can run.
    let Some(table) = (unsafe { ACTIVE.load(Relaxed).as_ref() }) else { return Answer::NotMine };
    let place = Addr(interrupted.rip().0.wrapping_sub(1));
    let Ok(offset) = u32::try_from(place.0.wrapping_sub(table.base.0)) else { return Answer::NotMine };
    let Some(entry) = table.entry(offset) else { return Answer::NotMine };
    let found = entry.load(Relaxed);
    if found & (BLOCK | POINT) == 0 {
        return Answer::NotMine;
    }
    if found & BLOCK != 0 {
        table.change(offset, |entry| entry & !BLOCK | REACHED);
    }
    interrupted.set_rip(if found & POINT == 0 { place } else { point::stub_address(found >> STUB_SHIFT) });
    Answer::GoOn
}
