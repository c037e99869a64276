//! Describes each chunk of a transfer by an MDL in the same place, and frees the last.
//!
//! Rule: `LeakAtUnload`. Bug check 0xC4/0x62.
//!
//! On Windows: each transfer of several chunks loses memory until none is left.
#![no_std]

use specimens::{Extension, Specimen, kernel, reading, usb};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let memory = kernel::allocate(8192);
        for length in [4096, 8192] {
            Extension::keep(extension, reading::describe(memory, length));
        }
        kernel::free(memory);
    }

    fn before_forward(extension: *mut Extension) {
        reading::forget(Extension::kept(extension));
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
