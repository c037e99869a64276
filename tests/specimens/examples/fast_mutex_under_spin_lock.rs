//! Takes a fast mutex under a spin lock.
//!
//! Rule: `IrqlExApcLte1`. Bug check 0xC4/0x20005.
//!
//! On Windows: if somebody has the mutex the thread waits at `DISPATCH_LEVEL`, which stops the processor.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::visit_fast_mutex);
    }
}

specimens::driver!(Driver);
