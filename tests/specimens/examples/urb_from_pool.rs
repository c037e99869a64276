//! Sends an URB that it allocated from the pool.
//!
//! Rule: `ForeignUrb`. Bug check 0x144/0x3.
//!
//! On Windows: `USBD_AssignUrbToIoStackLocation` expects the stack's own header before the URB; the USB 3 stack raises the bug check.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, io, kernel, usb,
    wdk_sys::{NTSTATUS, PURB, STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS, URB},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let urb = kernel::allocate(size_of::<URB>()).cast::<URB>();
        if urb.is_null() {
            return io::end::<Self>(extension, irp, STATUS_INSUFFICIENT_RESOURCES);
        }
        usb::format(urb, irp.system_buffer());
        io::send::<Self>(extension, irp, urb)
    }

    fn completed(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
        io::propagate_pending(irp);
        irp.set_information(usb::transferred(urb) as usize);
        kernel::free(urb.cast());
        Self::release(extension, Request::of(irp));
        STATUS_SUCCESS
    }
}

specimens::driver!(Driver);
