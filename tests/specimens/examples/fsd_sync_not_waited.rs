//! Sends an IRP of `IoBuildSynchronousFsdRequest` down and does not wait though it is pending.
//!
//! Rule: `IoBuildSynchronousFsdRequestWait`.
//!
//! On Windows: the thread may end before the IRP, and the I/O manager finishes it for a thread that is gone.
#![no_std]

use specimens::{Extension, Specimen, built_irp, kernel, usb};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let query = built_irp::Query::new();
        Extension::keep(extension, query.cast());
        if let Some(irp) = built_irp::synchronous(extension, query) {
            let _ = irp.call(Extension::lower(extension));
        }
    }

    fn before_forward(extension: *mut Extension) {
        let query = Extension::kept(extension).cast();
        kernel::wait(built_irp::Query::event(query));
        built_irp::Query::free(query);
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
