//! Completes a transfer with success and no data while another one is under way.
//!
//! Rule: the script.
//!
//! On Windows: the caller takes the end of the data for the end of the stream.
#![no_std]

use core::ptr;

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, PURB, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if !Extension::kept(extension).is_null() {
            return io::end::<Self>(extension, irp, STATUS_SUCCESS);
        }
        Extension::keep(extension, irp.0.cast());
        io::request::<Self>(extension, irp)
    }

    fn completed(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
        Extension::keep(extension, ptr::null_mut());
        io::completed::<Self>(extension, irp, urb)
    }
}

specimens::driver!(Driver);
