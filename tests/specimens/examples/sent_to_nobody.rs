//! Sends an IRP to something that is no device object.
//!
//! Rule: `InvalidDeviceObject`. Bug check 0xC9/0x04.
//!
//! On Windows: the dispatch routine is looked up in whatever lies there.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::send_to_nobody(extension);
    }
}

specimens::driver!(Driver);
