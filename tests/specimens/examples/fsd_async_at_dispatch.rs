//! Sends a PnP IRP of `IoBuildAsynchronousFsdRequest` down under a spin lock.
//!
//! Rule: `ForwardedAtBadIrqlFsdAsync`. Bug check 0xC9/0x23A.
//!
//! On Windows: the drivers below may wait; at `DISPATCH_LEVEL` that stops the processor.
#![no_std]

use specimens::{Extension, Specimen, built_irp, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        built_irp::query_asynchronously(extension, |irp, lower| {
            kernel::under_spin_lock(|| _ = irp.call(lower));
        });
    }
}

specimens::driver!(Driver);
