//! Gives two mutexes back in the order in which it took them.
//!
//! Rule: `MutexReleaseOrder`. Bug check 0xC4/0x1003.
//!
//! On Windows: nothing, as long as everybody takes them in the same order; Driver Verifier tells.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let Some(mutexes) = kernel::Mutexes::new() else { return };
        mutexes.acquire(0);
        mutexes.acquire(1);
        mutexes.release(0);
        mutexes.release(1);
        mutexes.free();
    }
}

specimens::driver!(Driver);
