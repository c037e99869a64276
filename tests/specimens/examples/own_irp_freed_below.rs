//! Frees an IRP while the lower driver has it.
//!
//! Rule: `IrpFreedWhileInUse`. Bug check 0xC9/0x20A.
//!
//! On Windows: the lower driver works on memory that is no longer an IRP.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::free_while_below(extension);
    }
}

specimens::driver!(Driver);
