//! Closes a file with a spin lock's `IRQL`.
//!
//! Rule: `IrqlDdi`.
//!
//! On Windows: NDIS frees memory that it may have to wait for.
#![no_std]

use specimens::{
    kernel,
    miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file},
};

struct Driver;

impl Miniport for Driver {
    fn initialise(_running: &Initialising) -> NdisStatus {
        let handle = file::open();
        if !handle.is_null() {
            kernel::under_spin_lock(|| file::close(handle));
        }
        SUCCESS
    }
}

specimens::miniport!(Driver);
