//! Waits on the remove lock in `IRP_MN_SURPRISE_REMOVAL`.
//!
//! Rule: `IoReleaseRemoveLockAndWaitOutsideRemoveDevice`.
//!
//! On Windows: every later request fails, `IRP_MN_REMOVE_DEVICE` among them: nothing is ever given back.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, driver, kernel, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn surprise_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let request = Request::of(irp);
        pnp::stop_using::<Self>(extension);
        let status = pnp::forward_with_success(extension, irp);
        kernel::release_and_wait(extension, request.tag);
        status
    }

    fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
        // The removal that follows goes on without the lock, or it would be failed.
        let removal = request.major == driver::PNP && request.minor == pnp::REMOVE;
        if removal { STATUS_SUCCESS } else { kernel::acquire(extension, request) }
    }

    fn wait_for_others(_: *mut Extension, _: Request) {}
}

specimens::driver!(Driver);
