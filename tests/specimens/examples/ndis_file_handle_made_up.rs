//! Maps a file by a handle that `NdisOpenFile` did not return: the address of a variable.
//!
//! Rule: `NdisFileHandle`.
//!
//! On Windows: NDIS takes for a file what is none.
#![no_std]

use specimens::miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file};

struct Driver;

impl Miniport for Driver {
    fn initialise(_running: &Initialising) -> NdisStatus {
        let mut variable = [0_u64; 8];
        let _contents = file::map(variable.as_mut_ptr().cast());
        SUCCESS
    }
}

specimens::miniport!(Driver);
