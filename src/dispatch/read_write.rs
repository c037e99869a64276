//! What is not served: `IRP_MJ_READ` and `IRP_MJ_WRITE`, which name no endpoint,
//! `IRP_MJ_INTERNAL_DEVICE_CONTROL`, and every other code without a routine of its own.
//!
//! Page: [DispatchRead](https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchread--dispatchwrite--and-dispatchreadwrite-routines)

use usbclient_core::dispatch::{Disposition, Fdo, Irp};
use usbclient_protocol::status::STATUS_INVALID_DEVICE_REQUEST;

use crate::nt::{Nt, dispatch::Major, irql::AtMostDispatch};

/// Any major function code that is not served.
pub struct Unsupported;

impl Major for Unsupported {
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: Irp<'d, Nt>, _irql: &mut AtMostDispatch) -> Disposition<'d> {
        match fdo.acquire(&irp) {
            Ok(guard) => irp.complete(guard, STATUS_INVALID_DEVICE_REQUEST.nt(), 0),
            Err(status) => irp.refuse(status),
        }
    }
}
