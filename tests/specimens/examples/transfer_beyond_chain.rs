//! Sends more bytes than the chain of MDLs describes.
//!
//! Rule: `ChainedMdl`. Bug check 0x144/0x807.
//!
//! On Windows: the USB 3 stack raises the bug check.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::ask_chained_mdls(extension);
        pipes::write_chain(extension, pipes.out, 1);
    }
}

specimens::driver!(Driver);
