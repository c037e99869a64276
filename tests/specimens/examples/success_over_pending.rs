//! Returns `STATUS_SUCCESS` though the lower driver has returned `STATUS_PENDING`.
//!
//! Rule: `LowerDriverReturn`. Bug check 0xC9/0x224.
//!
//! On Windows: the I/O manager takes the request for finished and gives the caller a result that is not there yet.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let _ = io::request::<Self>(extension, irp);
        STATUS_SUCCESS
    }
}

specimens::driver!(Driver);
