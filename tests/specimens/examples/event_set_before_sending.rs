//! Sends an IRP with its event signalled already.
//!
//! Rule: `EventAlreadySignalled`. Bug check 0xC9/0x307.
//!
//! On Windows: the wait ends at once, and the status block on the stack is written when it is gone.
#![no_std]

use specimens::{Extension, Specimen, built_irp, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let query = built_irp::Query::new();
        Extension::keep(extension, query.cast());
        if let Some(irp) = built_irp::synchronous(extension, query) {
            kernel::set(built_irp::Query::event(query));
            let _ = irp.call(Extension::lower(extension));
            kernel::wait(built_irp::Query::event(query));
        }
    }

    fn before_forward(extension: *mut Extension) {
        built_irp::Query::free(Extension::kept(extension).cast());
        specimens::usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
