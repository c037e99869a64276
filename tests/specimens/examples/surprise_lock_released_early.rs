//! Gives the remove lock back before it sends `IRP_MN_SURPRISE_REMOVAL` down.
//!
//! Rule: `RemoveLockMnSurpriseRemove`.
//!
//! On Windows: removal may finish while the IRP is on its way.
#![no_std]

use specimens::{Extension, Irp, Request, Specimen, pnp, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn surprise_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::stop_using::<Self>(extension);
        Self::release(extension, Request::of(irp));
        pnp::forward_with_success(extension, irp)
    }
}

specimens::driver!(Driver);
