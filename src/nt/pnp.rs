//! What PnP IRPs carry in their stack location and their status block.
//!
//! Pages: [IRP_MN_QUERY_CAPABILITIES](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-capabilities),
//! [IRP_MN_DEVICE_USAGE_NOTIFICATION](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-device-usage-notification),
//! [IRP_MN_QUERY_PNP_DEVICE_STATE](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-pnp-device-state),
//! [KeFlushQueuedDpcs](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keflushqueueddpcs)

// UNSAFETY: follows pointers and unions of a stack location.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use usbclient_core::power::{Capabilities, DeviceState, SystemState};
use wdk_sys::{
    DEVICE_CAPABILITIES,
    DEVICE_REGISTRY_PROPERTY::DevicePropertyHardwareID,
    ntddk::{IoGetDeviceProperty, KeFlushQueuedDpcs},
};

use super::{device::Pdo, irp::Irp, irql::Passive, pool};

const _: () = assert!(size_of::<DEVICE_CAPABILITIES>() == 64);

/// Whether the device is one function of a composite device, whose parent driver keeps the configuration. The hardware
/// IDs of such a device have its interface number after `&MI_`; an answer that is not there is taken for no.
///
/// Pages: [IoGetDeviceProperty](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iogetdeviceproperty),
/// [Standard USB Identifiers](https://learn.microsoft.com/windows-hardware/drivers/install/standard-usb-identifiers)
pub fn is_function(pdo: Pdo, passive: &mut Passive) -> bool {
    let mut needed = 0;
    hardware_ids(pdo, &mut [], &mut needed, passive);
    let Ok(mut ids) = pool::try_zeroed(needed as usize) else { return false };
    hardware_ids(pdo, &mut ids, &mut needed, passive) && usbclient_core::identifiers::have_interface(&ids)
}

/// `DevicePropertyHardwareID`, a list of strings in UTF-16. False: it did not fit, or there is none.
fn hardware_ids(pdo: Pdo, room: &mut [u8], needed: &mut u32, _passive: &mut Passive) -> bool {
    let length = u32::try_from(room.len()).unwrap_or(0);
    // SAFETY: the PDO that AddDevice was given, and a buffer of this length. The token proves PASSIVE_LEVEL.
    let status = unsafe {
        IoGetDeviceProperty(pdo.as_ptr(), DevicePropertyHardwareID, length, room.as_mut_ptr().cast(), needed)
    };
    status == wdk_sys::STATUS_SUCCESS
}

impl Irp {
    fn capabilities(&mut self) -> Option<&mut DEVICE_CAPABILITIES> {
        // SAFETY: the minor function says that this member of the union is written.
        let capabilities = unsafe { self.location().Parameters.DeviceCapabilities.Capabilities };
        // SAFETY: the sender's structure is valid while this driver owns the IRP, or NULL.
        let capabilities = unsafe { capabilities.as_mut() }?;
        let is_known =
            capabilities.Version == 1 && usize::from(capabilities.Size) >= size_of::<DEVICE_CAPABILITIES>();
        is_known.then_some(capabilities)
    }

    /// Sets `SurpriseRemovalOK`. False if the structure is not of version 1.
    pub fn offer_surprise_removal(&mut self) -> bool {
        self.capabilities().map(|capabilities| capabilities.set_SurpriseRemovalOK(1)).is_some()
    }

    /// What the lower drivers said about power.
    pub fn power_capabilities(&mut self) -> Option<Capabilities> {
        self.capabilities().map(|capabilities| Capabilities {
            device_state: capabilities.DeviceState.map(|state| DeviceState::from_raw(i64::from(state))),
            system_wake: SystemState::from_raw(i64::from(capabilities.SystemWake)),
            device_wake: DeviceState::from_raw(i64::from(capabilities.DeviceWake)),
        })
    }

    /// `InPath` of a usage notification.
    pub const fn usage_in_path(&self) -> bool {
        // SAFETY: the minor function says that this member of the union is written.
        unsafe { self.location().Parameters.UsageNotification.InPath != 0 }
    }
}

/// Waits until every DPC that is queued now has run: no completion routine runs any more.
pub fn flush_queued_dpcs(_passive: &Passive) {
    // SAFETY: the token proves PASSIVE_LEVEL.
    unsafe { KeFlushQueuedDpcs() };
}
