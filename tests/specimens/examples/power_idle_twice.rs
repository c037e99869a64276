//! Sends a second idle notification while the first is pending.
//!
//! Rule: `UsbIdleRequest`.
//!
//! On Windows: the second is refused with `STATUS_DEVICE_BUSY`; a driver that counts on it never sleeps again.
#![no_std]

use specimens::{Extension, power_idle, power_policy::Policy};

struct Driver;

impl Policy for Driver {
    fn is_idle(extension: *mut Extension) {
        power_idle::submit::<Self>(extension);
        let _ = power_idle::send::<Self>(extension, power_idle::called_back::<Self>);
    }
}

specimens::power_owner!(Driver);
