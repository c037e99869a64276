//! `IRP_MJ_SYSTEM_CONTROL`: the driver provides no WMI data, so the IRP goes to the next driver.
//!
//! Page: [Handling WMI Requests](https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-wmi-requests)

use usbclient_core::dispatch::{Disposition, Fdo, Irp};

use crate::nt::{Nt, dispatch::Major, irql::AtMostDispatch};

/// `IRP_MJ_SYSTEM_CONTROL`
pub struct SystemControl;

impl Major for SystemControl {
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: Irp<'d, Nt>, _irql: &mut AtMostDispatch) -> Disposition<'d> {
        match fdo.acquire(&irp) {
            Ok(guard) => irp.forward(guard),
            Err(status) => irp.refuse(status),
        }
    }
}
