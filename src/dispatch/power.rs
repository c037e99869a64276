//! `IRP_MJ_POWER`: decided by core, over the calls in [`power`](crate::power).
//!
//! Page: [DispatchPower Routines](https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchpower-routines)

use usbclient_core::{
    dispatch::{Disposition, Fdo, Irp},
    power,
};

use crate::nt::{Nt, dispatch::Major, irql::AtMostDispatch};

/// `IRP_MJ_POWER`
pub struct Power;

impl Major for Power {
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: Irp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d> {
        power::dispatch(&fdo, irp, irql)
    }
}
