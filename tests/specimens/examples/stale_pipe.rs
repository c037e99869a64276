//! Writes to a pipe of a configuration that is selected no more.
//!
//! Rule: `StalePipe`.
//!
//! On Windows: the contract forbids it; what the stack does with a stale pipe handle is not defined.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::deconfigure(extension);
        pipes::write(extension, pipes.out);
    }
}

specimens::driver!(Driver);
