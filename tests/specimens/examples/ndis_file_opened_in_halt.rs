//! Opens, reads and closes a file when the adapter is halted.
//!
//! Rule: `NdisFileOutsideInitialization`.
//!
//! On Windows: nothing that a page names; the calls are valid during initialisation only.
#![no_std]

use specimens::miniport::{Miniport, file};

struct Driver;

impl Miniport for Driver {
    fn halt() {
        let handle = file::open();
        if handle.is_null() {
            return;
        }
        if let Ok(contents) = file::map(handle) {
            let _first = file::first_byte(contents);
            file::unmap(handle);
        }
        file::close(handle);
    }
}

specimens::miniport!(Driver);
