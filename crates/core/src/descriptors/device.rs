//! The device descriptor.

use super::{Refusal, walk::word};

/// A device descriptor that can be used.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbspec/ns-usbspec-_usb_device_descriptor>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceDescriptor {
    bytes: [u8; Self::SIZE],
}

impl DeviceDescriptor {
    /// Size in bytes.
    pub const SIZE: usize = 18;

    /// Checks the bytes that the device gave.
    ///
    /// # Errors
    /// [`Refusal::Truncated`], [`Refusal::LengthTooSmall`], [`Refusal::WrongType`] or [`Refusal::NoPacketSize0`].
    pub fn parse(given: &[u8]) -> Result<Self, Refusal> {
        let bytes = *given.first_chunk::<{ Self::SIZE }>().ok_or(Refusal::Truncated)?;
        let [length, kind, _, _, _, _, _, max_packet_size_0, ..] = bytes;
        if usize::from(length) < Self::SIZE {
            return Err(Refusal::LengthTooSmall);
        }
        if kind != 1 {
            return Err(Refusal::WrongType);
        }
        if max_packet_size_0 == 0 {
            return Err(Refusal::NoPacketSize0);
        }
        Ok(Self { bytes })
    }

    /// The descriptor as the device gave it.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; Self::SIZE] {
        &self.bytes
    }

    /// `bMaxPacketSize0`: bytes, or their logarithm on a `SuperSpeed` device.
    #[must_use]
    pub const fn max_packet_size_0(&self) -> u8 {
        let [_, _, _, _, _, _, _, size, ..] = self.bytes;
        size
    }

    /// `bNumConfigurations`
    #[must_use]
    pub const fn configuration_count(&self) -> u8 {
        let [.., count] = self.bytes;
        count
    }

    /// `idVendor`
    #[must_use]
    pub fn vendor(&self) -> u16 {
        word(&self.bytes, 8).unwrap_or(0)
    }

    /// `bcdDevice`
    #[must_use]
    pub fn release(&self) -> u16 {
        word(&self.bytes, 12).unwrap_or(0)
    }

    /// `bcdUSB`
    #[must_use]
    pub fn usb(&self) -> u16 {
        word(&self.bytes, 2).unwrap_or(0)
    }

    /// `idProduct`
    #[must_use]
    pub fn product(&self) -> u16 {
        word(&self.bytes, 10).unwrap_or(0)
    }
}
