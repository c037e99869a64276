//! Does not set the event that its dispatch routine waits for.
//!
//! Rule: `SignalEventInCompletion`.
//!
//! On Windows: the dispatch routine waits for ever when the lower driver pends the IRP.
#![no_std]

use specimens::{Irp, Specimen, wdk_sys::KEVENT};

struct Driver;

impl Specimen for Driver {
    fn came_back(_: Irp, _: *mut KEVENT) {}
}

specimens::driver!(Driver);
