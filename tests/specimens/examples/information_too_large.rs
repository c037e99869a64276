//! Completes a request with more bytes than its buffer has.
//!
//! Rule: `InformationTooLarge`. Bug check 0xC9/0x312.
//!
//! On Windows: the I/O manager copies what lies behind the buffer to the caller.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, kernel,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let tag = irp.0.cast();
        irp.set_status(STATUS_SUCCESS);
        irp.set_information(1000);
        irp.finish();
        kernel::release(extension, tag);
        STATUS_SUCCESS
    }
}

specimens::driver!(Driver);
