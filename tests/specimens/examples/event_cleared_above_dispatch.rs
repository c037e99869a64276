//! Clears an event above `DISPATCH_LEVEL`.
//!
//! Rule: `IrqlKeDispatchLte`. Bug check 0xC4/0x20011.
//!
//! On Windows: the dispatcher's lock may be held by whom the interrupt has stopped.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let mut event = kernel::Event::new();
        let event = event.initialise();
        kernel::above_dispatch(|| kernel::clear(event));
    }
}

specimens::driver!(Driver);
