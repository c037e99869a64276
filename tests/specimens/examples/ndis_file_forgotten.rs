//! Opens a file through the handle registration layer, and forgets it: what types cannot keep a driver from.
//!
//! Rule: `NdisFileLeftOpen`. The layer reports it when the scope of the initialisation ends.
//!
//! On Windows: the file's contents stay in memory.
#![no_std]

use core::mem;

use specimens::miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file, kind};

struct Driver;

impl Miniport for Driver {
    fn initialise(running: &Initialising) -> NdisStatus {
        kind::during(running, |scope| {
            mem::forget(file::with_name(|name| scope.open(name, None)));
        });
        SUCCESS
    }
}

specimens::miniport!(Driver);
