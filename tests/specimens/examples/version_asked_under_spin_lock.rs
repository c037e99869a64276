//! Calls `USBD_IsInterfaceVersionSupported` under a spin lock.
//!
//! Rule: `IrqlUsbd`.
//!
//! On Windows: the routine is documented for `PASSIVE_LEVEL`.
#![no_std]

use specimens::{Extension, Specimen, kernel, usb};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        kernel::under_spin_lock(|| usb::ask_version(extension));
    }
}

specimens::driver!(Driver);
