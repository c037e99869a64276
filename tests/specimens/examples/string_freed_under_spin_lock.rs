//! Frees a string of the I/O manager under a spin lock.
//!
//! Rule: `IrqlDdi`.
//!
//! On Windows: the string is paged memory: 0xA.
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
        kernel::under_spin_lock(|| pnp::free_interface(extension));
        driver::delete(extension);
        status
    }
}

specimens::driver!(Driver);
