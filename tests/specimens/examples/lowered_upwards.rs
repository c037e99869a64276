//! Calls `KeLowerIrql` with a higher IRQL than the present one.
//!
//! Rule: `IrqlKeRaiseLower2`. Bug check 0xC4/0x31.
//!
//! On Windows: the bug check `IRQL_NOT_LESS_OR_EQUAL`.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::lower_upwards();
    }
}

specimens::driver!(Driver);
