//! Detaches in `IRP_MN_REMOVE_DEVICE` and does not delete its device object.
//!
//! Rule: `DeleteDevice`. Bug check 0xC9/0x21E.
//!
//! On Windows: the driver is never unloaded.
#![no_std]

use specimens::{Extension, Irp, Request, Specimen, driver, kernel, pnp, usb, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let request = Request::of(irp);
        pnp::stop_using::<Self>(extension);
        usb::close_handle(extension);
        let status = pnp::forward_with_success(extension, irp);
        kernel::release_and_wait(extension, request.tag);
        driver::detach(extension);
        pnp::free_interface(extension);
        status
    }
}

specimens::driver!(Driver);
