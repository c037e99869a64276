//! Breaks nothing: a bare driver that passes transfers through. `cargo xtask bench` measures usbclient beside it.
//!
//! Rule: no rule; nothing may be reported.
//!
//! On Windows: nothing happens.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, kernel, pipes, usb};
use wdk_sys::NTSTATUS;

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        pipes::keep(extension);
    }

    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        match pipes::prepare_transfer(extension, irp) {
            Some(Ok(urb)) => io::send::<Self>(extension, irp, urb),
            Some(Err(status)) => io::end::<Self>(extension, irp, status),
            None => io::request::<Self>(extension, irp),
        }
    }

    fn before_forward(extension: *mut Extension) {
        kernel::free(Extension::kept(extension));
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
