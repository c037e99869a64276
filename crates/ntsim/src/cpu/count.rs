//! Counting the instructions that the driver executes, by single steps.
//!
//! Stepping begins when the driver is called or a kernel routine returns to it, and ends when it leaves its image. What
//! is stepped through on the way there is the simulator's and does not count. A string instruction with `rep` counts
//! once, however often it repeats.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::{
    context::Interrupted,
    trap::{Answer, step, step_from_here},
};
use crate::mem::Addr;

static IS_ON: AtomicBool = AtomicBool::new(false);
static BASE: AtomicU64 = AtomicU64::new(0);
static SIZE: AtomicU64 = AtomicU64::new(0);
static COUNT: AtomicU64 = AtomicU64::new(0);
/// The instruction that was counted last; zero: the driver was not reached yet.
static LAST: AtomicU64 = AtomicU64::new(0);

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

/// On the driver's stack: the driver is about to run.
pub(super) fn driver_runs() {
    if IS_ON.load(Relaxed) {
        LAST.store(0, Relaxed);
        step_from_here(stepped);
    }
}

fn stepped(interrupted: &mut Interrupted<'_>) -> Answer {
    let at = interrupted.rip().0;
    let last = LAST.load(Relaxed);
    if at.wrapping_sub(BASE.load(Relaxed)) < SIZE.load(Relaxed) {
        if at != last {
            COUNT.fetch_add(1, Relaxed);
        }
        LAST.store(at, Relaxed);
    } else if last != 0 {
        return Answer::GoOn;
    }
    step(interrupted, stepped);
    Answer::GoOn
}
