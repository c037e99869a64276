//! Opens static streams without asking for the capability.
//!
//! Rule: `StaticStreams`. Bug check 0x144/0x801.
//!
//! On Windows: the USB 3 stack raises the bug check.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        let _ = pipes::open_streams(extension, pipes.out);
    }
}

specimens::driver!(Driver);
