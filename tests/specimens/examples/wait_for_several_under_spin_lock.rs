//! Waits for several objects under a spin lock.
//!
//! Rule: `IrqlKeWaitForMultipleObjects`. Bug check 0xC4/0x3B.
//!
//! On Windows: a thread at `DISPATCH_LEVEL` cannot wait: the system stops.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let mut event = kernel::Event::new();
        let event = event.initialise();
        kernel::under_spin_lock(|| kernel::wait_for_any(event, -10));
    }
}

specimens::driver!(Driver);
