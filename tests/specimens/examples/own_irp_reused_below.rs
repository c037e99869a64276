//! Calls `IoReuseIrp` for an IRP that the lower driver has.
//!
//! Rule: `IrpReusedWhileInUse`. Bug check 0xC9/0x310.
//!
//! On Windows: the lower driver completes an IRP that says nothing of it any more.
#![no_std]

use specimens::{Extension, Specimen, own_irp, reading};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        if let Some(reading) = reading::begin(extension) {
            own_irp::reuse(reading::irp(reading));
            reading::wait(reading);
            reading::free(extension, reading);
        }
    }
}

specimens::driver!(Driver);
