//! Sets a completion routine with `IoSetCompletionRoutineEx` and does not send the IRP down.
//!
//! Rule: `CompletionRoutineRegistered`.
//!
//! On Windows: the device object keeps the reference that the routine took; it is never deleted.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.set_completion_routine_ex(Extension::device(extension));
        io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST)
    }
}

specimens::driver!(Driver);
