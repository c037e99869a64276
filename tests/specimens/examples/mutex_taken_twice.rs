//! Takes a guarded mutex twice.
//!
//! Rule: `MutexTakenTwice`. Bug check 0xC4/0x1000.
//!
//! On Windows: the thread waits for itself for ever.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        if let Some(mutexes) = kernel::Mutexes::new() {
            mutexes.acquire(0);
            mutexes.acquire(0);
            mutexes.free();
        }
    }
}

specimens::driver!(Driver);
