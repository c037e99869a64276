//! Waits without a timeout for an IRP of `IoBuildDeviceIoControlRequest` that the lower driver keeps.
//!
//! Rule: `IoBuildDeviceControlWaitTimeout`.
//!
//! On Windows: the start of the device never ends.
#![no_std]

use specimens::{Extension, Specimen, idle_wait};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        idle_wait::by_built_irp(extension);
    }
}

specimens::driver!(Driver);
