//! Registers an event provider and does not take the registration back.
//!
//! Rule: `LeakAtUnload`. Bug check 0xC4/0xDD.
//!
//! On Windows: Driver Verifier stops the system; without it event tracing calls what is no code any more.
#![no_std]

use specimens::{Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn entered() {
        let _kept = kernel::register_provider();
    }
}

specimens::driver!(Driver);
