//! Gives back the cancel spin lock, which it does not have.
//!
//! Rule: `CancelSpinlockRelease`.
//!
//! On Windows: somebody else's lock is given back.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::release_cancel_spin_lock);
    }
}

specimens::driver!(Driver);
