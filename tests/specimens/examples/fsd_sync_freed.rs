//! Frees an IRP of `IoBuildSynchronousFsdRequest`, which the I/O manager frees.
//!
//! Rule: `IoBuildSynchronousFsdRequestNoFree`. Bug check 0xC9/0x02.
//!
//! On Windows: the IRP is in the thread's list when it is freed; the list is destroyed.
#![no_std]

use specimens::{Extension, Specimen, built_irp, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let query = built_irp::Query::new();
        if let Some(irp) = built_irp::synchronous(extension, query) {
            own_irp::free(irp);
        }
        built_irp::Query::free(query);
    }
}

specimens::driver!(Driver);
