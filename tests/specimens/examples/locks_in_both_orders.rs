//! Takes two mutexes in one order, and then in the other.
//!
//! Rule: `LockOrder`. Bug check 0xC4/0x1001.
//!
//! On Windows: two threads that do so at the same time wait for each other for ever.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let Some(mutexes) = kernel::Mutexes::new() else { return };
        for (first, second) in [(0, 1), (1, 0)] {
            mutexes.acquire(first);
            mutexes.acquire(second);
            mutexes.release(second);
            mutexes.release(first);
        }
        mutexes.free();
    }
}

specimens::driver!(Driver);
