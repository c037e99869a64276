//! Waits for an IRP of its own whose completion routine sets no event.
//!
//! Rule: `IoAllocateIrpSignalEventInCompletion`.
//!
//! On Windows: the start never ends.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::wait_in_vain(extension);
    }
}

specimens::driver!(Driver);
