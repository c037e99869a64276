//! Sends a device control request down without the remove lock.
//!
//! Rule: `RemoveLockForwardDeviceControl`.
//!
//! On Windows: removal does not wait for the request.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, io, kernel, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::forward(extension, irp)
    }

    fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
        if request.major == io::DEVICE_CONTROL { STATUS_SUCCESS } else { kernel::acquire(extension, request) }
    }
}

specimens::driver!(Driver);
