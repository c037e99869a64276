//! Completes an IRP of `IoBuildAsynchronousFsdRequest` that it never sent.
//!
//! Rule: `IoBuildFsdComplete`.
//!
//! On Windows: the I/O manager finishes an IRP that belongs to nobody: the system stops.
#![no_std]

use specimens::{Extension, Specimen, built_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let query = built_irp::Query::new();
        if let Some(irp) = built_irp::asynchronous(extension, query) {
            irp.finish();
        }
        built_irp::Query::free(query);
    }
}

specimens::driver!(Driver);
