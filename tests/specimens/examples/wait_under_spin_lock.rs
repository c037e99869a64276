//! Waits for an event under a spin lock.
//!
//! Rule: `IrqlKeWaitForMutexObject`. Bug check 0xC4/0x121.
//!
//! On Windows: the scheduler cannot run another thread at `DISPATCH_LEVEL`: 0xB8.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(|| {
            let mut event = kernel::Event::new();
            let event = event.initialise();
            kernel::set(event);
            kernel::wait(event);
        });
    }
}

specimens::driver!(Driver);
