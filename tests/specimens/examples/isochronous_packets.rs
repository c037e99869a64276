//! Sends isochronous packets that fill no whole frame.
//!
//! Rule: `IsochronousPackets`.
//!
//! On Windows: the stack does not support such URBs.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::write_packets(extension, pipes.out, 12);
    }
}

specimens::driver!(Driver);
