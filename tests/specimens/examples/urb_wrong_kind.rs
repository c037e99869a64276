//! Uses an URB from `USBD_IsochUrbAllocate` to read a descriptor.
//!
//! Rule: `UrbWrongKind`.
//!
//! On Windows: the contract allows an isochronous URB for isochronous transfers only.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, usb,
    wdk_sys::{NTSTATUS, STATUS_INSUFFICIENT_RESOURCES},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let urb = usb::allocate_isochronous(extension);
        if urb.is_null() {
            return io::end::<Self>(extension, irp, STATUS_INSUFFICIENT_RESOURCES);
        }
        usb::format(urb, irp.system_buffer());
        io::send::<Self>(extension, irp, urb)
    }
}

specimens::driver!(Driver);
