//! Completes an IRP from `IoAllocateIrp` instead of freeing it.
//!
//! Rule: `IoAllocateComplete`.
//!
//! On Windows: `IoCompleteRequest` looks for a stack location that the IRP does not have.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::complete_unsent(extension);
    }
}

specimens::driver!(Driver);
