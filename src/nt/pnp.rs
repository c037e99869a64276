//! What PnP IRPs carry in their stack location and their status block.
//!
//! Pages: [IRP_MN_QUERY_CAPABILITIES](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-capabilities),
//! [IRP_MN_DEVICE_USAGE_NOTIFICATION](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-device-usage-notification),
//! [IRP_MN_QUERY_PNP_DEVICE_STATE](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-pnp-device-state),
//! [KeFlushQueuedDpcs](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keflushqueueddpcs)

// UNSAFETY: follows pointers and unions of a stack location.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use usbclient_core::power::{Capabilities, DeviceState, SystemState};
use wdk_sys::{DEVICE_CAPABILITIES, ntddk::KeFlushQueuedDpcs};

use super::{irp::Irp, irql::Passive};

const _: () = assert!(size_of::<DEVICE_CAPABILITIES>() == 64);

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
