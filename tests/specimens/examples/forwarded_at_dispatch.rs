//! Sends a PnP request down under a spin lock.
//!
//! Rule: `ForwardedAtBadIrql`. Bug check 0xC9/0x23A.
//!
//! On Windows: the drivers below may wait; at `DISPATCH_LEVEL` that stops the processor.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, kernel, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn forward_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let mut status = STATUS_SUCCESS;
        kernel::under_spin_lock(|| status = pnp::forward_with_success(extension, irp));
        status
    }
}

specimens::driver!(Driver);
