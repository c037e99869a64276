//! The binary device object store: what a device can do as a whole.
//!
//! The structures are those of the USB 3.2 specification, 9.6.2. How a user of Windows meets them:
//! <https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-descriptors>

use super::{
    Refusal,
    walk::{Found, Walk, word},
};

const BOS: u8 = 0x0F;
const DEVICE_CAPABILITY: u8 = 0x10;
const USB_2_EXTENSION: u8 = 2;
const SUPER_SPEED: u8 = 3;
const CONTAINER_ID: u8 = 4;
const PLATFORM: u8 = 5;

/// The first five bytes of a binary device object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BosHeader {
    /// `wTotalLength`: bytes of the whole store; at least [`SIZE`](Self::SIZE).
    pub total_length: u16,
    /// `bNumDeviceCaps`
    pub capability_count: u8,
}

impl BosHeader {
    /// Size in bytes.
    pub const SIZE: u16 = 5;

    /// Checks the bytes that the device gave.
    ///
    /// # Errors
    /// [`Refusal::Truncated`], [`Refusal::LengthTooSmall`] or [`Refusal::WrongType`].
    pub fn parse(given: &[u8]) -> Result<Self, Refusal> {
        let [length, kind, low, high, capability_count] =
            *given.first_chunk::<{ Self::SIZE as usize }>().ok_or(Refusal::Truncated)?;
        let total_length = u16::from_le_bytes([low, high]);
        if kind != BOS {
            return Err(Refusal::WrongType);
        }
        if u16::from(length) < Self::SIZE || total_length < Self::SIZE {
            return Err(Refusal::LengthTooSmall);
        }
        Ok(Self { total_length, capability_count })
    }
}

/// A binary device object store whose capabilities were checked.
#[derive(Clone, Copy, Debug)]
pub struct Bos<'a> {
    bytes: &'a [u8],
}

impl<'a> Bos<'a> {
    /// Checks a whole store. Descriptors that are no device capabilities are skipped, bytes after `wTotalLength` are
    /// ignored.
    ///
    /// # Errors
    /// What [`BosHeader::parse`] refuses; [`Refusal::Truncated`] if there are fewer bytes than `wTotalLength`;
    /// [`Refusal::PastTheEnd`] or [`Refusal::LengthTooSmall`] for a capability; [`Refusal::CapabilityCount`].
    pub fn parse(given: &'a [u8]) -> Result<Self, Refusal> {
        let header = BosHeader::parse(given)?;
        let bytes = given.get(..usize::from(header.total_length)).ok_or(Refusal::Truncated)?;
        let mut left = header.capability_count;
        for found in Walk::new(bytes) {
            let found = found?;
            if found.offset != 0 && found.kind == DEVICE_CAPABILITY {
                Capability::read(found)?;
                left = left.checked_sub(1).ok_or(Refusal::CapabilityCount)?;
            }
        }
        if left == 0 { Ok(Self { bytes }) } else { Err(Refusal::CapabilityCount) }
    }

    /// Its capabilities, in their order.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities<'a> {
        Capabilities(Walk::after(self.bytes, 0))
    }
}

/// A device capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability<'a> {
    /// USB 2.0 extension.
    Usb2Extension {
        /// `bmAttributes`: bit 1 says that link power management is supported.
        attributes: u32,
    },
    /// `SuperSpeed` device capability.
    SuperSpeed {
        /// `bmAttributes`: bit 1 says that latency tolerance messages can be sent.
        attributes: u8,
        /// `wSpeedsSupported`: bit 0 low, 1 full, 2 high, 3 the first generation of `SuperSpeed`.
        speeds: u16,
        /// `bFunctionalitySupport`: the slowest speed with all of the device's functions, as a bit number of `speeds`.
        full_function_speed: u8,
        /// `bU1DevExitLat`: microseconds, at most.
        u1_exit_latency: u8,
        /// `wU2DevExitLat`: microseconds, at most.
        u2_exit_latency: u16,
    },
    /// `ContainerID`: the bytes of a UUID that all functions and hubs of one physical device share.
    ContainerId(
        /// In the order of the wire: the first three fields little-endian.
        [u8; 16],
    ),
    /// A capability of a platform, such as Microsoft's OS 2.0 descriptors.
    Platform {
        /// `PlatformCapabilityUUID`, in the order of the wire.
        uuid: [u8; 16],
        /// `CapabilityData`
        data: &'a [u8],
    },
    /// Another one.
    Other {
        /// `bDevCapabilityType`
        kind: u8,
        /// What follows it.
        data: &'a [u8],
    },
}

impl<'a> Capability<'a> {
    fn read(found: Found<'a>) -> Result<Self, Refusal> {
        let [_, _, kind] = *found.fields::<3>()?;
        let data = found.bytes.get(3..).unwrap_or_default();
        match kind {
            USB_2_EXTENSION => {
                let [_, _, _, b0, b1, b2, b3] = *found.fields::<7>()?;
                Ok(Self::Usb2Extension { attributes: u32::from_le_bytes([b0, b1, b2, b3]) })
            }
            SUPER_SPEED => {
                let [_, _, _, attributes, _, _, full_function_speed, u1_exit_latency, _, _] =
                    *found.fields::<10>()?;
                let speeds = word(found.bytes, 4).ok_or(Refusal::LengthTooSmall)?;
                let u2_exit_latency = word(found.bytes, 8).ok_or(Refusal::LengthTooSmall)?;
                Ok(Self::SuperSpeed {
                    attributes,
                    speeds,
                    full_function_speed,
                    u1_exit_latency,
                    u2_exit_latency,
                })
            }
            CONTAINER_ID => Ok(Self::ContainerId(uuid(found)?)),
            PLATFORM => {
                Ok(Self::Platform { uuid: uuid(found)?, data: found.bytes.get(20..).unwrap_or_default() })
            }
            _ => Ok(Self::Other { kind, data }),
        }
    }
}

/// The UUID after the type and a reserved byte.
fn uuid(found: Found<'_>) -> Result<[u8; 16], Refusal> {
    let rest = found.bytes.get(4..).unwrap_or_default();
    rest.first_chunk::<16>().copied().ok_or(Refusal::LengthTooSmall)
}

/// The capabilities of a [`Bos`].
#[derive(Clone, Debug)]
pub struct Capabilities<'a>(Walk<'a>);

impl<'a> Iterator for Capabilities<'a> {
    type Item = Capability<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            // A store that was checked has nothing to refuse.
            let found = self.0.next()?.ok()?;
            if found.kind == DEVICE_CAPABILITY {
                return Capability::read(found).ok();
            }
        }
    }
}
