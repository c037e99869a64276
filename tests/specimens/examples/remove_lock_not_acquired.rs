//! Sends a device control request down without the remove lock.
//!
//! Rule: RemoveLockForwardDeviceControl. Code: none.
//! On Windows: removal does not wait for the request; its completion routine may run in a driver that is unloaded.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn acquire(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if irp.major() == io::DEVICE_CONTROL { STATUS_SUCCESS } else { kernel::acquire(extension, irp) }
    }

    fn release(extension: *mut Extension, irp: Irp) {
        if irp.major() != io::DEVICE_CONTROL {
            kernel::release(extension, irp.0.cast());
        }
    }
}

specimens::driver!(Driver);
