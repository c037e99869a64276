//! Reads the contents of a file after it has unmapped it.
//!
//! Rule: `MemoryAccess`.
//!
//! On Windows: the contents may be paged out, and the address stands for nothing.
#![no_std]

use specimens::miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file};

struct Driver;

impl Miniport for Driver {
    fn initialise(_running: &Initialising) -> NdisStatus {
        let handle = file::open();
        if handle.is_null() {
            return SUCCESS;
        }
        if let Ok(contents) = file::map(handle) {
            file::unmap(handle);
            let _first = file::first_byte(contents);
        }
        file::close(handle);
        SUCCESS
    }
}

specimens::miniport!(Driver);
