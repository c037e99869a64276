//! `AddDevice`: the order is core's, the steps are in [`nt::device`](crate::nt::device).

use usbclient_core::add_device;
use wdk_sys::{NTSTATUS, STATUS_SUCCESS};

use crate::{
    events,
    nt::{
        Nt,
        device::{DriverObject, Pdo},
        dispatch,
        irql::Passive,
    },
};

/// The driver's `AddDevice`.
pub struct AddDevice;

impl dispatch::AddDevice for AddDevice {
    fn add_device(driver: DriverObject, pdo: Pdo, passive: &mut Passive) -> NTSTATUS {
        match add_device::add_device::<Nt>(driver, pdo, passive) {
            Ok(()) => STATUS_SUCCESS,
            Err(status) => {
                events::add_device_failed(status);
                status.raw()
            }
        }
    }
}
