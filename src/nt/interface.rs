//! The device interface: registered in `AddDevice`, on while the device is started.
//!
//! Pages: [IoRegisterDeviceInterface](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioregisterdeviceinterface),
//! [IoSetDeviceInterfaceState](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iosetdeviceinterfacestate)

// UNSAFETY: the symbolic link's name is a string of the kernel's.
#![expect(unsafe_code, reason = "owns a string of the kernel's")]

use core::ptr;

use usbclient_protocol::{
    DEVICE_INTERFACE_GUID,
    status::{NtStatus, Status},
};
use wdk_sys::{
    GUID, UNICODE_STRING,
    ntddk::{IoRegisterDeviceInterface, IoSetDeviceInterfaceState, RtlFreeUnicodeString},
};

use super::{device::Pdo, irql::Passive};

/// A registered interface and the name of its symbolic link, which is freed when dropped.
pub struct DeviceInterface {
    symbolic_link: UNICODE_STRING,
    is_enabled: bool,
}

// SAFETY: owns a string that belongs to no thread.
unsafe impl Send for DeviceInterface {}

impl DeviceInterface {
    /// Registers the interface of [`DEVICE_INTERFACE_GUID`], turned off.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_REQUEST` and others, as documented.
    pub fn register(pdo: Pdo, _passive: &Passive) -> Result<Self, Status> {
        let guid = GUID {
            Data1: DEVICE_INTERFACE_GUID.data1,
            Data2: DEVICE_INTERFACE_GUID.data2,
            Data3: DEVICE_INTERFACE_GUID.data3,
            Data4: DEVICE_INTERFACE_GUID.data4,
        };
        let mut symbolic_link = UNICODE_STRING::default();
        // SAFETY: the PDO is the one AddDevice was given, the token proves PASSIVE_LEVEL, and the
        // name goes to a local.
        let status = unsafe {
            IoRegisterDeviceInterface(pdo.as_ptr(), &raw const guid, ptr::null_mut(), &raw mut symbolic_link)
        };
        NtStatus::from_raw(status).check()?;
        Ok(Self { symbolic_link, is_enabled: false })
    }

    /// Turns the interface on, unless it is.
    ///
    /// # Errors
    ///
    /// As documented. `STATUS_OBJECT_NAME_EXISTS` is a success: it was on already.
    pub fn enable(&mut self, passive: &Passive) -> Result<(), Status> {
        if !self.is_enabled {
            self.set_state(true, passive)?;
            self.is_enabled = true;
        }
        Ok(())
    }

    /// Turns the interface off, if this driver turned it on.
    pub fn disable(&mut self, passive: &Passive) {
        if core::mem::take(&mut self.is_enabled) {
            // Nothing can be done about a failure: the name is gone already, or goes with the device.
            let _result = self.set_state(false, passive);
        }
    }

    fn set_state(&mut self, is_enabled: bool, _passive: &Passive) -> Result<(), Status> {
        // SAFETY: the name that registration gave, and the token proves PASSIVE_LEVEL.
        let status = unsafe { IoSetDeviceInterfaceState(&raw mut self.symbolic_link, u8::from(is_enabled)) };
        NtStatus::from_raw(status).check().map(drop)
    }
}

impl Drop for DeviceInterface {
    fn drop(&mut self) {
        // SAFETY: the I/O manager allocated the string for this driver to free.
        unsafe { RtlFreeUnicodeString(&raw mut self.symbolic_link) };
    }
}
