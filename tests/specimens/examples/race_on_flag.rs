//! The first request gives memory back. It looks at a flag, exchanges it then, and does not look at what the exchange
//! gave: two requests that look at the same time both give it back.
//!
//! Rule: `BugCheck`. Bug check 0xC2/0x7. Shows only if threads switch at the exchange: there is no kernel call between the
//! look and the exchange.
//!
//! On Windows: the bug check, or a damaged pool, once in a long while, on machines with several processors.
#![no_std]

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use specimens::{Extension, Irp, Specimen, io, kernel, usb, wdk_sys::NTSTATUS};

static GIVEN_BACK: AtomicBool = AtomicBool::new(false);

/// Gives the memory back, unless somebody else did.
fn give_back(extension: *mut Extension) {
    if !GIVEN_BACK.load(Relaxed) {
        GIVEN_BACK.swap(true, Relaxed);
        kernel::free(Extension::kept(extension));
    }
}

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let memory = kernel::allocate(64);
        Extension::keep(extension, memory);
        GIVEN_BACK.store(memory.is_null(), Relaxed);
    }

    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        give_back(extension);
        io::request::<Self>(extension, irp)
    }

    fn before_forward(extension: *mut Extension) {
        give_back(extension);
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
