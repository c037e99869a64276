//! Opens the static streams of an endpoint a second time.
//!
//! Rule: `StaticStreams`. Bug check 0x144/0x803.
//!
//! On Windows: the USB 3 stack raises the bug check.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::ask_streams(extension);
        let _ = pipes::open_streams(extension, pipes.out);
        let _ = pipes::open_streams(extension, pipes.out);
    }
}

specimens::driver!(Driver);
