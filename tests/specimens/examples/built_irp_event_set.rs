//! Sets the event of an IRP that the I/O manager built, which the I/O manager sets.
//!
//! Rule: `IoBuildDeviceIoControlSetEvent`.
//!
//! On Windows: the wait ends before the IRP does, and its status block is written when it is gone.
#![no_std]

use specimens::{Extension, Specimen, built_irp, kernel, usb};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        built_irp::send_urb_and_go_on(extension);
        kernel::set(built_irp::Query::event(Extension::kept(extension).cast()));
        kernel::delay();
    }

    fn before_forward(extension: *mut Extension) {
        built_irp::finish_urb(extension);
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
