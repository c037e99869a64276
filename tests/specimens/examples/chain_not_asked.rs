//! Sends a chained MDL without asking for the capability.
//!
//! Rule: `ChainedMdl`. Bug check 0x144/0x806.
//!
//! On Windows: the USB 3 stack raises the bug check.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::write_chain(extension, pipes.out, 0);
    }
}

specimens::driver!(Driver);
