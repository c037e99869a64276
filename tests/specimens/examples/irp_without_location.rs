//! Sends an IRP that has no stack location left.
//!
//! Rule: `StackLocationsExhausted`. Bug check 0x35.
//!
//! On Windows: the lower driver's location would lie before the first one, in the IRP's header.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::send_without_location(extension);
    }
}

specimens::driver!(Driver);
