//! Calls `KeRaiseIrql` with a lower IRQL than the present one.
//!
//! Rule: `IrqlKeRaiseLower`. Bug check 0xC4/0x30.
//!
//! On Windows: the bug check `IRQL_NOT_GREATER_OR_EQUAL`.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::raise_downwards);
    }
}

specimens::driver!(Driver);
