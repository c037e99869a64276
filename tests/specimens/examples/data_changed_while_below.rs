//! Changes data that the USB stack is to send to the device.
//!
//! Rule: `InvariantMdl`. No bug check of its own; Driver Verifier's invariant MDL checking tells.
//!
//! On Windows: the host controller reads memory when it likes; the device gets the old data, the new, or half of each.
#![no_std]

use specimens::{Extension, Specimen, kernel, sending};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        sending::send_descriptor(extension, |data| kernel::poke(data.cast(), 4, 1));
    }
}

specimens::driver!(Driver);
