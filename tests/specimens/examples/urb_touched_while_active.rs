//! Formats an URB that the USB stack has.
//!
//! Rule: `MemoryAccess`. Bug check 0x144/0x1.
//!
//! On Windows: nobody notices, and the USB stack works with half of each.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::read_descriptor_with_one_urb(extension, true);
    }
}

specimens::driver!(Driver);
