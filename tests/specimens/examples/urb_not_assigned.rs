//! Puts an URB from `USBD_UrbAllocate` into the IRP by itself, without `USBD_AssignUrbToIoStackLocation`.
//!
//! Rule: `UrbNotAssigned`.
//!
//! On Windows: the USB 3 stack does not find its own context behind the URB.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        match io::prepare(extension, irp) {
            Ok(urb) => io::send_unassigned::<Self>(extension, irp, urb),
            Err(status) => io::end::<Self>(extension, irp, status),
        }
    }
}

specimens::driver!(Driver);
