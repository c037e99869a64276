//! Sends a device control request down without the remove lock.
//!
//! Rule: `RemoveLockForwardDeviceControl`.
//!
//! On Windows: removal does not wait for the request; its completion routine may run in a driver that is unloaded.
#![no_std]

use specimens::{
    Extension, Request, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
        if request.major == io::DEVICE_CONTROL { STATUS_SUCCESS } else { kernel::acquire(extension, request) }
    }

    fn release(extension: *mut Extension, request: Request) {
        if request.major != io::DEVICE_CONTROL {
            kernel::release(extension, request.tag);
        }
    }
}

specimens::driver!(Driver);
