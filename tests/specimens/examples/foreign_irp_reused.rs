//! Calls `IoReuseIrp` for an IRP that the I/O manager made.
//!
//! Rule: `IoReuseIrp2`.
//!
//! On Windows: what the I/O manager keeps in the IRP is lost.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, own_irp,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        own_irp::reuse(irp);
        io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST)
    }
}

specimens::driver!(Driver);
