//! Sends an IRP on without a completion routine when `IoSetCompletionRoutineEx` has failed.
//!
//! Rule: `IoSetCompletionExCompleteIrp`. Bug check 0xC4/0x4100F.
//!
//! On Windows: what the completion routine was to do is never done.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, pnp,
    wdk_sys::{NT_SUCCESS, NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn query_remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.copy_to_next();
        if !NT_SUCCESS(irp.set_completion_routine_ex(Extension::device(extension))) {
            return pnp::forward_with_success(extension, irp);
        }
        irp.set_status(STATUS_SUCCESS);
        irp.call(Extension::lower(extension))
    }
}

specimens::driver!(Driver);
