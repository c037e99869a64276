//! Sends to an isochronous endpoint that is polled every 16 microframes.
//!
//! Rule: `IsochronousPeriod`.
//!
//! On Windows: the contract forbids it, and it might lead to a bug check.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::write_packets(extension, pipes.out, 8);
    }
}

specimens::driver!(Driver);
