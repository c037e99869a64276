//! Endpoint descriptors, and the companions that follow them on a `SuperSpeed` device.

use usbclient_protocol::TransferType;

use super::{
    Refusal,
    walk::{Found, Walk, word},
};
use crate::request::Direction;

pub(super) const ENDPOINT: u8 = 5;
const COMPANION: u8 = 0x30;
const ISOCHRONOUS_COMPANION: u8 = 0x31;
/// The most packets in a burst, less one: `bMaxBurst`.
const MAX_BURST: u8 = 15;
/// The most streams of a bulk endpoint, as a power of two: bits 0 to 4 of a companion's `bmAttributes`.
const MAX_STREAMS: u8 = 16;
/// The most bursts in a service interval, less one: bits 0 and 1 of a companion's `bmAttributes`.
const MAX_MULT: u8 = 2;

/// An endpoint.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbspec/ns-usbspec-_usb_endpoint_descriptor>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// `bInterfaceNumber` of its interface.
    pub interface: u8,
    /// `bEndpointAddress`
    pub address: u8,
    /// `bmAttributes`
    pub attributes: u8,
    /// `bInterval`
    pub interval: u8,
    /// `wMaxPacketSize`, with the bits for additional transactions.
    pub max_packet_size: u16,
}

impl Endpoint {
    /// Where its data goes.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        if self.address & 0x80 == 0 { Direction::Out } else { Direction::In }
    }

    /// How it transfers.
    #[must_use]
    pub const fn transfer_type(&self) -> TransferType {
        TransferType::from_attributes(self.attributes)
    }

    /// Bytes of one packet: 1 to 1024, but zero for an isochronous endpoint without bandwidth.
    #[must_use]
    pub const fn packet_size(&self) -> u16 {
        self.max_packet_size & 0x7FF
    }

    /// Transactions in one microframe of a high-speed isochronous or interrupt endpoint: 1 to 3 (bits 11 and 12 of
    /// `wMaxPacketSize`, whose value 3 is reserved and taken for 1). 1 at the other speeds.
    #[must_use]
    pub const fn transactions(&self) -> u8 {
        match (self.max_packet_size >> 11) & 3 {
            1 => 2,
            2 => 3,
            _ => 1,
        }
    }

    /// The polling period of an isochronous endpoint, or of an interrupt endpoint at high speed and above: 1 to 32768
    /// microframes (frames at full speed), 2 to the power of `bInterval - 1`. A `bInterval` outside 1 to 16 is taken
    /// for the nearest of them.
    ///
    /// Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/transfer-data-to-isochronous-endpoints>
    #[must_use]
    pub const fn period(&self) -> u16 {
        let exponent = match self.interval {
            0 => 0,
            1..=16 => self.interval.wrapping_sub(1),
            17.. => 15,
        };
        1_u16.wrapping_shl(exponent as u32)
    }

    /// What is wrong with it, whatever the other endpoints are.
    const fn check(self) -> Result<(), Refusal> {
        if !matches!(self.address, 0x01..=0x0F | 0x81..=0x8F) {
            return Err(Refusal::EndpointAddress);
        }
        let may_be_zero = matches!(self.transfer_type(), TransferType::Isochronous);
        let size = self.packet_size();
        if size > 1024 || (size == 0 && !may_be_zero) {
            return Err(Refusal::PacketSize);
        }
        Ok(())
    }
}

/// What a `SuperSpeed` device adds to an endpoint.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbspec/ns-usbspec-_usb_superspeed_endpoint_companion_descriptor>;
/// the `SuperSpeedPlus` companion is in the USB 3.2 specification, 9.6.8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Companion {
    /// `bMaxBurst`: packets of a burst, less one; 0 to 15.
    pub max_burst: u8,
    /// `bmAttributes`; see [`max_streams`](Self::max_streams) and [`mult`](Self::mult).
    pub attributes: u8,
    /// Bytes of a service interval, for isochronous and interrupt endpoints: `wBytesPerInterval`, or
    /// `dwBytesPerInterval` of the `SuperSpeedPlus` companion where there is one.
    pub bytes_per_interval: u32,
}

impl Companion {
    /// How many streams a bulk endpoint has: 0 (none), or a power of two up to 65536. Stream ids start at 1.
    #[must_use]
    pub const fn max_streams(&self) -> u32 {
        match self.attributes & 0x1F {
            0 => 0,
            power => 1_u32.wrapping_shl(power as u32),
        }
    }

    /// Bursts in a service interval of an isochronous endpoint, less one: 0 to 2 (`Mult`).
    #[must_use]
    pub const fn mult(&self) -> u8 {
        self.attributes & 3
    }

    /// A `SuperSpeedPlus` companion follows, which says the bytes of an interval instead of `Mult`.
    const fn is_followed(self) -> bool {
        self.attributes & 0x80 != 0
    }

    const fn check(self, kind: TransferType) -> Result<(), Refusal> {
        let attributes_fit = match kind {
            TransferType::Bulk => self.attributes & 0x1F <= MAX_STREAMS,
            TransferType::Isochronous => self.is_followed() || self.mult() <= MAX_MULT,
            TransferType::Control | TransferType::Interrupt => true,
        };
        if self.max_burst <= MAX_BURST && attributes_fit { Ok(()) } else { Err(Refusal::Companion) }
    }
}

/// An endpoint with its companion, which a `SuperSpeed` device has for each of its endpoints and no other has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointDescriptors {
    /// The endpoint descriptor.
    pub endpoint: Endpoint,
    /// The companion right after it.
    pub companion: Option<Companion>,
}

/// Reads the endpoint descriptor `found`, and its companions out of `walk`.
pub(super) fn read(
    found: Found<'_>,
    interface: u8,
    walk: &mut Walk<'_>,
) -> Result<EndpointDescriptors, Refusal> {
    let [_, _, address, attributes, _, _, interval] = *found.fields::<7>()?;
    let max_packet_size = word(found.bytes, 4).ok_or(Refusal::LengthTooSmall)?;
    let endpoint = Endpoint { interface, address, attributes, interval, max_packet_size };
    endpoint.check()?;
    let companion = walk.next_if(COMPANION).map(|found| read_companion(found, endpoint, walk)).transpose()?;
    Ok(EndpointDescriptors { endpoint, companion })
}

fn read_companion(found: Found<'_>, endpoint: Endpoint, walk: &mut Walk<'_>) -> Result<Companion, Refusal> {
    let [_, _, max_burst, attributes, low, high] = *found.fields::<6>()?;
    let bytes_per_interval = u32::from(u16::from_le_bytes([low, high]));
    let mut companion = Companion { max_burst, attributes, bytes_per_interval };
    companion.check(endpoint.transfer_type())?;
    let is_isochronous = endpoint.transfer_type() == TransferType::Isochronous;
    if is_isochronous && companion.is_followed() {
        let found = walk.next_if(ISOCHRONOUS_COMPANION).ok_or(Refusal::Companion)?;
        let [_, _, _, _, b0, b1, b2, b3] = *found.fields::<8>()?;
        companion.bytes_per_interval = u32::from_le_bytes([b0, b1, b2, b3]);
    }
    Ok(companion)
}
