//! Sends an IRP of `IoBuildAsynchronousFsdRequest` down without a completion routine.
//!
//! Rule: `IoBuildFsdForward`.
//!
//! On Windows: nobody frees the IRP, and the I/O manager finishes it for a thread that knows nothing of it.
#![no_std]

use specimens::{Extension, Specimen, built_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let query = built_irp::Query::new();
        if let Some(irp) = built_irp::asynchronous(extension, query) {
            let _ = irp.call(Extension::lower(extension));
        }
    }
}

specimens::driver!(Driver);
