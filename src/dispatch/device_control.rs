//! `IRP_MJ_DEVICE_CONTROL`: the requests of the device interface.
//!
//! Page: [DispatchDeviceControl](https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchdevicecontrol-and-dispatchinternaldevicecontrol-routines)

use usbclient_core::dispatch::{Disposition, Fdo, Irp};

use crate::{
    nt::{Nt, dispatch::Major, irql::AtMostDispatch},
    transfer,
};

/// `IRP_MJ_DEVICE_CONTROL`
pub struct DeviceControl;

impl Major for DeviceControl {
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: Irp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d> {
        transfer::device_control(&fdo, irp, irql)
    }
}
