//! What is known about a device before it is opened.

use std::{fmt, sync::Arc};

use crate::{device::Device, error::Error, transport::Source};

/// Names a device for as long as it is plugged in: the path of its device interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(Arc<str>);

impl DeviceId {
    pub(crate) fn new(path: impl Into<Arc<str>>) -> Self {
        Self(path.into())
    }

    /// The path, as `CreateFile` takes it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a file may be used for. Each control code of the driver needs reading or writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// What only gets something from the device or the driver.
    Read,
    /// What changes something. Nothing can be read.
    Write,
    /// Both.
    #[default]
    ReadWrite,
}

/// What a source of devices says about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub(crate) id: DeviceId,
    pub(crate) vendor: u16,
    pub(crate) product: u16,
    pub(crate) release: u16,
    /// `bInterfaceNumber`, of a function of a composite device.
    pub(crate) function: Option<u8>,
    pub(crate) place: Option<String>,
    pub(crate) name: Option<String>,
}

impl Description {
    /// From the device's hardware identifiers: `USB\VID_1209&PID_0001&REV_0100` and others, in any order.
    pub(crate) fn new(id: DeviceId, hardware_ids: &str, place: Option<String>, name: Option<String>) -> Self {
        let ids = hardware_ids.to_uppercase();
        let number = |mark: &str, digits: usize| {
            let (_, rest) = ids.split_once(mark)?;
            u16::from_str_radix(rest.get(..digits)?, 16).ok()
        };
        Self {
            id,
            vendor: number("VID_", 4).unwrap_or(0),
            product: number("PID_", 4).unwrap_or(0),
            release: number("REV_", 4).unwrap_or(0),
            function: number("MI_", 2).and_then(|function| u8::try_from(function).ok()),
            place,
            name,
        }
    }
}

/// A device that can be opened.
#[derive(Clone, Debug)]
pub struct DeviceInfo {
    description: Description,
    source: Arc<dyn Source>,
}

impl DeviceInfo {
    pub(crate) const fn new(description: Description, source: Arc<dyn Source>) -> Self {
        Self { description, source }
    }

    /// Names the device for as long as it is plugged in.
    #[must_use]
    pub const fn id(&self) -> &DeviceId {
        &self.description.id
    }

    /// `idVendor`
    #[must_use]
    pub const fn vendor_id(&self) -> u16 {
        self.description.vendor
    }

    /// `idProduct`
    #[must_use]
    pub const fn product_id(&self) -> u16 {
        self.description.product
    }

    /// `bcdDevice`, zero if the system does not say it.
    #[must_use]
    pub const fn release(&self) -> u16 {
        self.description.release
    }

    /// The number of the first interface, if it is one function of a composite device.
    #[must_use]
    pub const fn function(&self) -> Option<u8> {
        self.description.function
    }

    /// Where it is plugged in, in the system's words; in a simulation the name by which it is pulled.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.description.place.as_deref()
    }

    /// What the system calls it: the device's own product string where it has one; in a simulation its model.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.description.name.as_deref()
    }

    /// Opens it for reading and writing.
    ///
    /// # Errors
    /// [`AccessDenied`](crate::ErrorKind::AccessDenied); [`NotFound`](crate::ErrorKind::NotFound) or
    /// [`Disconnected`](crate::ErrorKind::Disconnected): it is not there any more;
    /// [`NotReady`](crate::ErrorKind::NotReady): its start failed, or it is about to be removed.
    pub fn open(&self) -> Result<Device, Error> {
        self.open_for(Access::ReadWrite)
    }

    /// Opens it for some access only.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_for(&self, access: Access) -> Result<Device, Error> {
        self.source.open(&self.description.id, access).map(|channel| Device::new(self.clone(), channel))
    }
}

#[cfg(test)]
mod tests {
    use super::{Description, DeviceId};

    #[test]
    fn hardware_ids_are_read() {
        let of = |ids| Description::new(DeviceId::new("path"), ids, None, None);
        let function = of("USB\\VID_1209&PID_00AB&REV_0123&MI_02\nUSB\\VID_1209&PID_00AB&MI_02");
        assert_eq!((function.vendor, function.product, function.release), (0x1209, 0xAB, 0x123));
        assert_eq!(function.function, Some(2));
        let plain = of("usb\\vid_1209&pid_0001");
        assert_eq!((plain.vendor, plain.product, plain.release, plain.function), (0x1209, 1, 0, None));
        let other = of("ROOT\\VID_&PID_12");
        assert_eq!((other.vendor, other.product), (0, 0));
    }
}
