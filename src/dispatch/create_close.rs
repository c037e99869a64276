//! `IRP_MJ_CREATE`, `IRP_MJ_CLEANUP` and `IRP_MJ_CLOSE`.
//!
//! Pages: [DispatchCreate](https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchcreate--dispatchclose--and-dispatchcreateclose-routines),
//! [DispatchCleanup](https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchcleanup-routines)

use usbclient_core::dispatch::{Disposition, Fdo, Irp};
use usbclient_protocol::status::{
    STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, Status,
};

use crate::{
    cancel, events,
    nt::{Nt, dispatch::Major, irql::AtMostDispatch, slot::Cause},
    streams, transfer,
};

/// `IRP_MJ_CREATE`: any number of files may be open. There are no names below the device.
pub struct Create;

impl Major for Create {
    fn handle<'d>(fdo: Fdo<'d, Nt>, mut irp: Irp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d> {
        let Ok(guard) = fdo.acquire(&irp) else { return irp.refuse(STATUS_DEVICE_NOT_CONNECTED) };
        if irp.raw().file_name_length() != 0 {
            return irp.complete(guard, STATUS_INVALID_PARAMETER.nt(), 0);
        }
        let status = transfer::admit_create(fdo.device(), irql).map_or_else(Status::nt, |()| STATUS_SUCCESS);
        events::file_opened(fdo.device(), status);
        irp.complete(guard, status, 0)
    }
}

/// `IRP_MJ_CLEANUP`: the file's last handle is closed, so its requests end.
pub struct Cleanup;

impl Major for Cleanup {
    fn handle<'d>(fdo: Fdo<'d, Nt>, mut irp: Irp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d> {
        let guard = match fdo.acquire(&irp) {
            Ok(guard) => guard,
            Err(status) => return irp.refuse(status),
        };
        let (device, file) = (fdo.device(), irp.raw().file());
        events::file_cleaned_up(device);
        cancel::fail_held(device, STATUS_CANCELLED, irql, |_key, other| other == file);
        cancel::cancel_in_flight(device, Cause::Cleanup, irql, |entry| entry.file == file);
        streams::close_all_of(device, file, irql);
        irp.complete(guard, STATUS_SUCCESS, 0)
    }
}

/// `IRP_MJ_CLOSE`: nothing is kept for a file.
pub struct Close;

impl Major for Close {
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: Irp<'d, Nt>, _irql: &mut AtMostDispatch) -> Disposition<'d> {
        match fdo.acquire(&irp) {
            Ok(guard) => {
                events::file_closed(fdo.device());
                irp.complete(guard, STATUS_SUCCESS, 0)
            }
            Err(status) => irp.refuse(status),
        }
    }
}
