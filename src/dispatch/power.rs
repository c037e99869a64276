//! `IRP_MJ_POWER`: passed down under the remove lock.
//!
//! Right for a filter, and not for the power policy owner that this driver will be: without device
//! power IRPs of its own the device stays in D0 while the system sleeps.
//!
//! Page: [Passing Power IRPs](https://learn.microsoft.com/windows-hardware/drivers/kernel/passing-power-irps)

use usbclient_core::dispatch::{Disposition, Fdo, Irp};

use crate::nt::{Nt, dispatch::Major, irql::AtMostDispatch};

/// `IRP_MJ_POWER`
pub struct Power;

impl Major for Power {
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: Irp<'d, Nt>, _irql: &mut AtMostDispatch) -> Disposition<'d> {
        match fdo.acquire(&irp) {
            Ok(guard) => irp.forward(guard),
            Err(status) => irp.refuse(status),
        }
    }
}
