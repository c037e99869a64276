//! Turns its device interface off under a spin lock.
//!
//! Rule: `IrqlIoPassive1`. Bug check 0xC4/0x2000A.
//!
//! On Windows: `IoSetDeviceInterfaceState` writes to the registry; at `DISPATCH_LEVEL` that is 0xA.
#![no_std]

use specimens::{Extension, Specimen, kernel, pnp, usb};

struct Driver;

impl Specimen for Driver {
    fn before_forward(extension: *mut Extension) {
        pnp::set_interface(extension, true);
        kernel::under_spin_lock(|| pnp::set_interface(extension, false));
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
