//! Makes a symbolic link under a spin lock.
//!
//! Rule: `IrqlIoPassive4`. Bug check 0xC4/0x2000D.
//!
//! On Windows: names are kept in paged memory; at `DISPATCH_LEVEL` it may not be there.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::visit_symbolic_link);
    }
}

specimens::driver!(Driver);
