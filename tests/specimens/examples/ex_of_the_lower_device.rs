//! Passes the lower device object to `IoSetCompletionRoutineEx`.
//!
//! Rule: `IoSetCompletionRoutineExCheckDeviceObject`.
//!
//! On Windows: the routine keeps another driver loaded; this one may be gone when its completion routine is called.
#![no_std]

use specimens::{
    Extension, Irp, Specimen,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn query_remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.copy_to_next();
        let _ = irp.set_completion_routine_ex(Extension::lower(extension));
        irp.set_status(STATUS_SUCCESS);
        irp.call(Extension::lower(extension))
    }
}

specimens::driver!(Driver);
