//! Reads an IRP after it has completed it.
//!
//! Rule: `MemoryAccess`. Bug check 0xC9 or 0xA.
//!
//! On Windows: the IRP's memory is given to the next request at once.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let _ = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        irp.status()
    }
}

specimens::driver!(Driver);
