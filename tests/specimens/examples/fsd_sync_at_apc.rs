//! Sends an IRP of `IoBuildSynchronousFsdRequest` at `APC_LEVEL`.
//!
//! Rule: `BuiltIrpAtApcLevel`. Bug check 0xC9/0x302.
//!
//! On Windows: the I/O manager finishes the IRP by an asynchronous procedure call, which cannot come: the wait never
//! ends.
#![no_std]

use specimens::{Extension, Specimen, built_irp, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        built_irp::query_synchronously(extension, |irp, lower| {
            kernel::at_apc(|| _ = irp.call(lower));
        });
    }
}

specimens::driver!(Driver);
