//! Waits without a timeout for an IRP of its own that the lower driver keeps.
//!
//! Rule: `IoAllocateIrpSignalEventInCompletionTimeout`.
//!
//! On Windows: the start of the device never ends.
#![no_std]

use specimens::{Extension, Specimen, idle_wait};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        idle_wait::by_own_irp(extension);
    }
}

specimens::driver!(Driver);
