//! Sends an IRP from `IoAllocateIrp` without a completion routine.
//!
//! Rule: `IoAllocateForward`.
//!
//! On Windows: the I/O manager completes an IRP that it did not make, and frees what it must not.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::send_without_routine(extension);
    }
}

specimens::driver!(Driver);
