//! Waits for an IRP of its own whose completion routine sets no event.
//!
//! Rule: `IoAllocateIrpSignalEventInCompletion`.
//!
//! On Windows: the start never ends.
#![no_std]

use specimens::{Extension, Specimen, own_irp, wdk_sys::STATUS_NOT_SUPPORTED};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::query_capabilities(extension, STATUS_NOT_SUPPORTED, own_irp::How::Silently);
    }
}

specimens::driver!(Driver);
