//! Copies its stack location for an IRP that it does not want to see again.
//!
//! Rule: `StackCopiedNotSkipped`. Bug check 0xC9/0x21C.
//!
//! On Windows: nothing breaks: it is a waste that Driver Verifier warns of.
#![no_std]
// UNSAFETY: reads the device extension.
#![expect(unsafe_code, reason = "follows the kernel's pointer")]

use specimens::{Extension, Irp, Specimen, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn pass(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.copy_to_next();
        // SAFETY: the extension is valid.
        irp.call(unsafe { (*extension).lower })
    }
}

specimens::driver!(Driver);
