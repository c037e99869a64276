//! Detaches under a spin lock.
//!
//! Rule: `IrqlIoPassive3`. Bug check 0xC4/0x2000C.
//!
//! On Windows: `IoDetachDevice` takes locks that are not for `DISPATCH_LEVEL`.
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
        kernel::under_spin_lock(|| driver::detach(extension));
        pnp::free_interface(extension);
        driver::delete(extension);
        status
    }
}

specimens::driver!(Driver);
