//! `IRP_MJ_CREATE`, `IRP_MJ_CLEANUP` and `IRP_MJ_CLOSE`.
//!
//! Pages: [DispatchCreate](https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchcreate--dispatchclose--and-dispatchcreateclose-routines),
//! [DispatchCleanup](https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchcleanup-routines)

use usbclient_core::dispatch::{Disposition, Fdo, Irp};
use usbclient_protocol::status::{
    STATUS_DEVICE_NOT_CONNECTED, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, Status,
};

use crate::{
    events, files,
    nt::{Nt, dispatch::Major, irql::AtMostDispatch},
};

/// `IRP_MJ_CREATE`: any number of files may be open. There are no names below the device.
pub struct Create;

impl Major for Create {
    fn handle<'d>(fdo: Fdo<'d, Nt>, mut irp: Irp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d> {
        let Ok(guard) = fdo.acquire(&irp) else { return irp.refuse(STATUS_DEVICE_NOT_CONNECTED) };
        if irp.raw().file_name_length() != 0 {
            return irp.complete(guard, STATUS_INVALID_PARAMETER.nt(), 0);
        }
        let status =
            files::create(fdo.device(), irp.raw(), irql).map_or_else(Status::nt, |()| STATUS_SUCCESS);
        events::file_opened(fdo.device(), status);
        irp.complete(guard, status, 0)
    }
}

/// `IRP_MJ_CLEANUP`: the file's last handle is closed, so its requests end, and what it claimed is free.
pub struct Cleanup;

impl Major for Cleanup {
    fn handle<'d>(fdo: Fdo<'d, Nt>, mut irp: Irp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d> {
        let guard = match fdo.acquire(&irp) {
            Ok(guard) => guard,
            Err(status) => return irp.refuse(status),
        };
        events::file_cleaned_up(fdo.device());
        files::clean_up(fdo.device(), irp.raw(), irql);
        irp.complete(guard, STATUS_SUCCESS, 0)
    }
}

/// `IRP_MJ_CLOSE`: what is kept for the file is freed. A device that is being deleted frees it itself.
pub struct Close;

impl Major for Close {
    fn handle<'d>(fdo: Fdo<'d, Nt>, mut irp: Irp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d> {
        match fdo.acquire(&irp) {
            Ok(guard) => {
                files::close(fdo.device(), irp.raw(), irql);
                events::file_closed(fdo.device());
                irp.complete(guard, STATUS_SUCCESS, 0)
            }
            Err(status) => irp.refuse(status),
        }
    }
}
