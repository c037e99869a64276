//! Lets the system'\''s request for sleep go before its device IRP.
//!
//! Rule: `SystemIrpBeforeDeviceIrp`.
//!
//! On Windows: the system sleeps while the device is still being powered down.
#![no_std]

use specimens::{
    Extension, Irp,
    power_irp::State,
    power_policy::{self, Policy},
    wdk_sys::NTSTATUS,
};

struct Driver;

impl Policy for Driver {
    fn system_down(extension: *mut Extension, irp: Irp, state: State) -> NTSTATUS {
        power_policy::request_device::<Self>(extension, Self::target(state), core::ptr::null_mut());
        power_policy::done::<Self>(extension, irp)
    }
}

specimens::power_owner!(Driver);
