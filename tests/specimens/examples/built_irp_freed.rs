//! Frees an IRP from `IoBuildDeviceIoControlRequest`, which the I/O manager frees.
//!
//! Rule: `IoBuildDeviceControlNoFree`.
//!
//! On Windows: the IRP stays in the thread's list and is freed a second time.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::free_built(extension);
    }
}

specimens::driver!(Driver);
