//! Frees the context of a transfer in the completion routine and again where it was sent, when the stack refuses it at once.
//!
//! Rule: `BugCheck`. Bug check 0xC2/0x07.
//!
//! On Windows: the pool is destroyed, and the system stops some time later somewhere else.
#![no_std]

use specimens::{Extension, Specimen, reading};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        reading::send_refused(extension);
    }
}

specimens::driver!(Driver);
