//! Does not look whether `IoSetCompletionRoutineEx` has failed.
//!
//! Rule: `IoSetCompletionRoutineExCheck`.
//!
//! On Windows: what the completion routine was to do is never done.
#![no_std]

use specimens::{
    Extension, Irp, Specimen,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn query_remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.copy_to_next();
        let _ = irp.set_completion_routine_ex(Extension::device(extension));
        irp.set_status(STATUS_SUCCESS);
        irp.call(Extension::lower(extension))
    }
}

specimens::driver!(Driver);
