//! Takes an entry from a paged lookaside list under a spin lock.
//!
//! Rule: `IrqlExApcLteInline`.
//!
//! On Windows: the entry is paged memory; at `DISPATCH_LEVEL` it may not be there.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::with_paged_list(|take| kernel::under_spin_lock(take));
    }
}

specimens::driver!(Driver);
