//! Does in `IRP_MN_SURPRISE_REMOVAL` what belongs in `IRP_MN_REMOVE_DEVICE`: detaches and deletes its device object.
//!
//! Rule: `PnpSurpriseRemove`. Bug check 0xC9/0x241 and 0x242.
//!
//! On Windows: `IRP_MN_REMOVE_DEVICE` is still to come, and open files still refer to the device object.
#![no_std]

use specimens::{Extension, Irp, Request, Specimen, driver, pnp, usb, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn surprise_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let request = Request::of(irp);
        pnp::stop_using::<Self>(extension);
        usb::close_handle(extension);
        let status = pnp::forward_with_success(extension, irp);
        Self::release(extension, request);
        driver::detach(extension);
        pnp::free_interface(extension);
        driver::delete(extension);
        status
    }
}

specimens::driver!(Driver);
