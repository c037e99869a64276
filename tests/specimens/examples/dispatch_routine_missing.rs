//! Has no dispatch routine for `IRP_MJ_SYSTEM_CONTROL`.
//!
//! Rule: `DispatchRoutineMissing`. Bug check 0xC9/0x21F.
//!
//! On Windows: the I/O manager's own routine fails the request instead of sending it down.
#![no_std]

use specimens::{Specimen, driver};

struct Driver;

impl Specimen for Driver {
    fn handles(major: u8) -> bool {
        major != driver::SYSTEM_CONTROL
    }
}

specimens::driver!(Driver);
