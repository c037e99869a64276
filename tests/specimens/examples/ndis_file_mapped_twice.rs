//! Maps a file that it has mapped already.
//!
//! Rule: `NdisFileMapping`.
//!
//! On Windows: `NDIS_STATUS_ALREADY_MAPPED`.
#![no_std]

use specimens::miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file};

struct Driver;

impl Miniport for Driver {
    fn initialise(_running: &Initialising) -> NdisStatus {
        let handle = file::open();
        if handle.is_null() {
            return SUCCESS;
        }
        if file::map(handle).is_ok() {
            let _again = file::map(handle);
            file::unmap(handle);
        }
        file::close(handle);
        SUCCESS
    }
}

specimens::miniport!(Driver);
