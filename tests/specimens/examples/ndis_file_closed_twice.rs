//! Closes a file twice.
//!
//! Rule: `NdisFileHandle`.
//!
//! On Windows: the memory that the handle named is freed twice.
#![no_std]

use specimens::miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file};

struct Driver;

impl Miniport for Driver {
    fn initialise(_running: &Initialising) -> NdisStatus {
        let handle = file::open();
        if !handle.is_null() {
            file::close(handle);
            file::close(handle);
        }
        SUCCESS
    }
}

specimens::miniport!(Driver);
