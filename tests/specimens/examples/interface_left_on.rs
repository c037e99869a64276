//! Leaves its device interface on when the device goes.
//!
//! Rule: `InterfaceEnabledAtRemove`.
//!
//! On Windows: programs find an interface that cannot be opened.
#![no_std]

use specimens::{Extension, Specimen};

struct Driver;

impl Specimen for Driver {
    fn interface_off(_: *mut Extension) {}
}

specimens::driver!(Driver);
