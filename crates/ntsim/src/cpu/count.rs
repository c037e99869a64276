//! Counting the instructions that the driver executes, by single steps.
//!
//! Stepping begins when the driver is called or a kernel routine returns to it, and ends when it leaves its image. What
//! is stepped through on the way there is the simulator's and does not count. A string instruction with `rep` counts
//! once, however often it repeats.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use super::{
    context::Interrupted,
    trap::{Answer, step, step_from_here, still_alive},
};
use crate::mem::Addr;

static IS_ON: AtomicBool = AtomicBool::new(false);
static BASE: AtomicU64 = AtomicU64::new(0);
static SIZE: AtomicU64 = AtomicU64::new(0);
static COUNT: AtomicU64 = AtomicU64::new(0);
/// The instruction that was counted last; zero: the driver was not reached yet.
static LAST: AtomicU64 = AtomicU64::new(0);

/// More than that in what is counted is an endless loop.
const ENDLESS: u64 = 1 << 24;
/// Bytes of an image whose instructions are told apart.
const TOLD_APART: usize = 1 << 20;
/// How often each was executed, by its place in the image.
static PLACES: [AtomicU32; TOLD_APART] = [const { AtomicU32::new(0) }; TOLD_APART];

/// Counts instructions of the image that is loaded at `base`, from the next time that driver code runs.
pub fn count_instructions(base: Addr, size: u64) {
    BASE.store(base.0, Relaxed);
    SIZE.store(size, Relaxed);
    COUNT.store(0, Relaxed);
    IS_ON.store(true, Relaxed);
}

/// Ends counting and gives the number.
pub fn take_instructions() -> u64 {
    IS_ON.store(false, Relaxed);
    COUNT.swap(0, Relaxed)
}

/// What was executed where since this was asked last: offsets in the image, and how often.
#[must_use]
pub fn take_places() -> Vec<(u64, u32)> {
    let counts = (0..).zip(&PLACES).map(|(offset, place)| (offset, place.swap(0, Relaxed)));
    counts.filter(|(_, count)| *count != 0).collect()
}

/// On the driver's stack: the driver is about to run, at this address. A call from its last instruction, a jump, comes back
/// elsewhere: nothing is left to count there.
pub(super) fn driver_runs(at: u64) {
    if IS_ON.load(Relaxed) && offset(at).is_some() {
        LAST.store(0, Relaxed);
        step_from_here(stepped);
    }
}

/// Where in the image an address is.
fn offset(at: u64) -> Option<u64> {
    let offset = at.wrapping_sub(BASE.load(Relaxed));
    (offset < SIZE.load(Relaxed)).then_some(offset)
}

fn stepped(interrupted: &mut Interrupted<'_>) -> Answer {
    let at = interrupted.rip().0;
    let last = LAST.load(Relaxed);
    if let Some(offset) = offset(at) {
        if at != last {
            if COUNT.fetch_add(1, Relaxed) < ENDLESS {
                // Steps take time: much time is no sign of an endless loop here.
                still_alive();
            }
            if let Some(place) = usize::try_from(offset).ok().and_then(|offset| PLACES.get(offset)) {
                place.fetch_add(1, Relaxed);
            }
        }
        LAST.store(at, Relaxed);
    } else if last != 0 {
        return Answer::GoOn;
    }
    step(interrupted, stepped);
    Answer::GoOn
}
