//! Never frees the URB of a request.
//!
//! Rule: `UrbNotFreed`. Bug check 0x144/0x804.
//!
//! On Windows: with Driver Verifier on, the USB 3 stack raises the bug check when the handle is closed; without it the URB is lost.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, io, usb,
    wdk_sys::{NTSTATUS, PURB, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn completed(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
        io::propagate_pending(irp);
        irp.set_information(usb::transferred(urb) as usize);
        Self::release(extension, Request::of(irp));
        STATUS_SUCCESS
    }
}

specimens::driver!(Driver);
