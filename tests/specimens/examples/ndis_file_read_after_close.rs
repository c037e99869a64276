//! Reads the contents of a file after it has closed it.
//!
//! Rule: `MemoryAccess`.
//!
//! On Windows: the close freed the memory.
#![no_std]

use specimens::miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file};

struct Driver;

impl Miniport for Driver {
    fn initialise(_running: &Initialising) -> NdisStatus {
        let handle = file::open();
        if handle.is_null() {
            return SUCCESS;
        }
        let contents = file::map(handle);
        file::close(handle);
        if let Ok(contents) = contents {
            let _first = file::first_byte(contents);
        }
        SUCCESS
    }
}

specimens::miniport!(Driver);
