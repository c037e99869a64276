//! Calls `IoInitializeIrp` for an IRP of `IoAllocateIrp`.
//!
//! Rule: `IoInitializeIrpAllocated`. Bug check 0xC9/0x238.
//!
//! On Windows: what `IoAllocateIrp` noted about the memory is lost; `IoFreeIrp` frees it in another way.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::initialise_allocated(extension);
    }
}

specimens::driver!(Driver);
