//! Copies its stack location to the next one with the completion routine of the driver above.
//!
//! Rule: `CompletionRoutineCopied`. Bug check 0xC9/0x207.
//!
//! On Windows: the routine of the driver above is called a second time for one IRP.
#![no_std]

use specimens::{
    Extension, Irp, Specimen,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn query_remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.set_status(STATUS_SUCCESS);
        irp.copy_to_next_whole();
        irp.call(Extension::lower(extension))
    }
}

specimens::driver!(Driver);
