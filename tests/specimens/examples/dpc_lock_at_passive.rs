//! Takes a spin lock with `KeAcquireSpinLockAtDpcLevel` at `PASSIVE_LEVEL`.
//!
//! Rule: `IrqlDispatch`. Bug check 0xC4/0x20003.
//!
//! On Windows: the holder may be preempted, and whoever wants the lock at `DISPATCH_LEVEL` on the same processor
//! spins for ever.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::visit_spin_lock_at_dispatch();
    }
}

specimens::driver!(Driver);
