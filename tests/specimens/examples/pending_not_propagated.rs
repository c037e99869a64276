//! Has a completion routine that does not mark the IRP pending when the lower driver did.
//!
//! Rule: `PendingReturnedPropagation`. Bug check 0xC9/0x228.
//!
//! On Windows: the caller is never told that the request has ended.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, io,
    wdk_sys::{NTSTATUS, PURB, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn completed(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
        io::finish_urb(extension, irp, urb);
        Self::release(extension, Request::of(irp));
        STATUS_SUCCESS
    }
}

specimens::driver!(Driver);
