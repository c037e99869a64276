//! Sends the same URB twice before it has come back once.
//!
//! Rule: `UrbReusedWhileActive`. Bug check 0x144/0x1.
//!
//! On Windows: the USB 3 stack raises the bug check at the second submission.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::read_descriptor_with_one_urb(extension, false);
    }
}

specimens::driver!(Driver);
