//! Closes its USBD handle after it has sent `IRP_MN_REMOVE_DEVICE` down.
//!
//! Rule: `CloseAfterForward`. Bug check 0x144/0x804.
//!
//! On Windows: the stack below is gone when the handle is closed; the page of `USBD_CloseHandle` says that it must be called before.
#![no_std]

use specimens::{Extension, Irp, Specimen, pnp, usb, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn before_forward(_: *mut Extension) {}

    fn forward_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = pnp::forward_with_success(extension, irp);
        usb::close_handle(extension);
        status
    }
}

specimens::driver!(Driver);
