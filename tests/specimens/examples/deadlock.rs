//! Waits for an event that nobody sets.
//!
//! Rule: `Deadlock`.
//!
//! On Windows: the start never ends and no other device of the system starts.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let mut event = kernel::Event::new();
        kernel::wait(event.initialise());
    }
}

specimens::driver!(Driver);
