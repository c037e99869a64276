//! Marks an IRP pending and sets an event in one completion routine.
//!
//! Rule: `CompletionEventChecking`.
//!
//! On Windows: whoever waits goes on with an IRP that the routine still touches.
#![no_std]

use specimens::{Irp, Specimen, kernel, wdk_sys::KEVENT};

struct Driver;

impl Specimen for Driver {
    fn came_back(irp: Irp, event: *mut KEVENT) {
        if irp.is_pending_returned() {
            irp.mark_pending();
            kernel::set(event);
        }
    }
}

specimens::driver!(Driver);
