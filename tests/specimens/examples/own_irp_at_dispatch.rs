//! Sends a PnP IRP of its own down under a spin lock.
//!
//! Rule: `ForwardedAtBadIrqlAllocate`. Bug check 0xC9/0x23A.
//!
//! On Windows: the drivers below may wait; at `DISPATCH_LEVEL` that stops the processor.
#![no_std]

use specimens::{Extension, Specimen, own_irp, wdk_sys::STATUS_NOT_SUPPORTED};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::query_capabilities(extension, STATUS_NOT_SUPPORTED, own_irp::How::UnderSpinLock);
    }
}

specimens::driver!(Driver);
