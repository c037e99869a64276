//! `IRP_MJ_SYSTEM_CONTROL`: the blocks of the power check boxes are answered here, everything else goes to the next
//! driver.
//!
//! Page: [Handling WMI Requests](https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-wmi-requests)

use usbclient_core::dispatch::{Disposition, Fdo, Irp};

use crate::{
    nt::{Nt, dispatch::Major, irql::AtMostDispatch},
    power::check_boxes,
};

/// `IRP_MJ_SYSTEM_CONTROL`
pub struct SystemControl;

impl Major for SystemControl {
    fn handle<'d>(fdo: Fdo<'d, Nt>, mut irp: Irp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d> {
        let guard = match fdo.acquire(&irp) {
            Ok(guard) => guard,
            Err(status) => return irp.refuse(status),
        };
        // WMI's requests come at PASSIVE_LEVEL.
        let answer = irql.if_passive(|passive| check_boxes::answer(fdo.device(), irp.raw(), passive));
        match answer.flatten() {
            Some(answer) => irp.complete(guard, answer.status, answer.information),
            None => irp.forward(guard),
        }
    }
}
