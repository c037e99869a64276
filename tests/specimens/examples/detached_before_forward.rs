//! Detaches before it sends `IRP_MN_REMOVE_DEVICE` down.
//!
//! Rule: `DeleteDevice`.
//!
//! On Windows: the device below may be gone when the IRP is sent to it.
#![no_std]

use specimens::{Extension, Irp, Request, Specimen, driver, kernel, pnp, usb, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let request = Request::of(irp);
        pnp::stop_using::<Self>(extension);
        usb::close_handle(extension);
        driver::detach(extension);
        let status = pnp::forward_with_success(extension, irp);
        kernel::release_and_wait(extension, request.tag);
        pnp::free_interface(extension);
        driver::delete(extension);
        status
    }
}

specimens::driver!(Driver);
