//! Takes a resource under a spin lock.
//!
//! Rule: `IrqlExApcLte3`. Bug check 0xC4/0x20007.
//!
//! On Windows: if somebody has the resource the thread waits at `DISPATCH_LEVEL`, which stops the processor.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::with_resource(|resource| kernel::under_spin_lock(|| kernel::visit_resource(resource)));
    }
}

specimens::driver!(Driver);
