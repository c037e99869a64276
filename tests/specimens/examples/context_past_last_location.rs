//! Keeps its context in an IRP's current stack location before it has one of its own.
//!
//! Rule: `MemoryAccess`. Bug check 0x50.
//!
//! On Windows: the location past the last one is other memory; the write destroys whatever is there.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::write_past_last_location(extension);
    }
}

specimens::driver!(Driver);
