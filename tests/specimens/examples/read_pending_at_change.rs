//! Selects no configuration while a read is pending.
//!
//! Rule: `PendingAtChange`.
//!
//! On Windows: the contract names the race, in which the read may come to a pipe handle that is stale.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::read_meanwhile(extension, pipes.into, || pipes::deconfigure(extension));
    }
}

specimens::driver!(Driver);
