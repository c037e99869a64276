//! Returns from a callback with a mutex.
//!
//! Rule: `MutexKept`. Bug check 0xC4/0xC5.
//!
//! On Windows: the thread may end, and the mutex is never given back.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        if let Some(mutexes) = kernel::Mutexes::new() {
            mutexes.acquire(0);
        }
    }
}

specimens::driver!(Driver);
