//! Frees an URB after the handle that it belongs to was closed.
//!
//! Rule: `UrbUsedAfterClose`. Bug check 0x144/0x804.
//!
//! On Windows: the close finds the URB still allocated; the free then works on memory of a handle that is no more.
#![no_std]
// UNSAFETY: reads the device extension.
#![expect(unsafe_code, reason = "follows the kernel's pointer")]

use specimens::{Extension, Specimen, driver, usb};

struct Driver;

impl Specimen for Driver {
    fn added(extension: *mut Extension) {
        allocate(extension);
        driver::clear_initialising(extension);
    }

    fn before_forward(extension: *mut Extension) {
        usb::close_handle(extension);
        // SAFETY: the extension is valid.
        let &Extension { handle, urb, .. } = unsafe { &*extension };
        if !urb.is_null() {
            usb::free(handle, urb);
        }
    }
}

fn allocate(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let fields = unsafe { &mut *extension };
    fields.urb = usb::allocate(fields.handle);
}

specimens::driver!(Driver);
