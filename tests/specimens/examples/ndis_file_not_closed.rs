//! Opens a file during its initialisation and never closes it.
//!
//! Rule: `NdisFileLeftOpen`.
//!
//! On Windows: the file's contents stay in memory.
#![no_std]

use specimens::miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file};

struct Driver;

impl Miniport for Driver {
    fn initialise(_running: &Initialising) -> NdisStatus {
        let _handle = file::open();
        SUCCESS
    }
}

specimens::miniport!(Driver);
