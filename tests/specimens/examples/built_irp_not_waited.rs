//! Sends an IRP of `IoBuildDeviceIoControlRequest` down and does not wait though it is pending.
//!
//! Rule: `IoBuildDeviceControlWait`.
//!
//! On Windows: the thread may end before the IRP, and the I/O manager finishes it for a thread that is gone.
#![no_std]

use specimens::{Extension, Specimen, built_irp, usb};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        built_irp::send_urb_and_go_on(extension);
    }

    fn before_forward(extension: *mut Extension) {
        built_irp::finish_urb(extension);
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
