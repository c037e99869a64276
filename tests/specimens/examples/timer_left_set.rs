//! Sets a timer in its own image when the device goes, and lets itself be unloaded.
//!
//! Rule: `UnloadWithPendingOperations`. Bug check 0xCE.
//!
//! On Windows: the timer expires in memory that holds something else by then.
#![no_std]

use specimens::{Extension, Specimen, kernel, usb};

struct Driver;

impl Specimen for Driver {
    fn before_forward(extension: *mut Extension) {
        kernel::set_timer();
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
