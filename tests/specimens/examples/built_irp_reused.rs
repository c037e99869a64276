//! Calls `IoReuseIrp` for an IRP from `IoBuildDeviceIoControlRequest`.
//!
//! Rule: `IoReuseIrp`.
//!
//! On Windows: the event and the status block that the I/O manager keeps in the IRP are lost.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::reuse_built(extension);
    }
}

specimens::driver!(Driver);
