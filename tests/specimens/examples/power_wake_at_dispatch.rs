//! Arms its device for wake where it learns that it is in D0.
//!
//! Rule: `WaitWakeAtBadIrql`.
//!
//! On Windows: the callback of the device IRP may be at `DISPATCH_LEVEL`, where no wait/wake IRP may be asked for.
#![no_std]

use specimens::{Extension, power_policy::Policy, power_wake};

struct Driver;

impl Policy for Driver {
    fn arm_again(extension: *mut Extension) {
        power_wake::arm::<Self>(extension);
    }
}

specimens::power_owner!(Driver);
