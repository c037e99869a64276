//! Calls `KeSetEvent` with its parameter Wait under a spin lock.
//!
//! Rule: `IrqlKeSetEvent`. Bug check 0xC4/0x20016.
//!
//! On Windows: the call returns with the dispatcher's lock held, for a wait that cannot be made at `DISPATCH_LEVEL`.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let mut event = kernel::Event::new();
        let event = event.initialise();
        kernel::under_spin_lock(|| kernel::set_and_wait(event));
    }
}

specimens::driver!(Driver);
