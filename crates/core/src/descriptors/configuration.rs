//! The configuration descriptor: the interfaces and endpoints of alternate setting 0.
//!
//! Interfaces are found by walking, never by counting up to `bNumInterfaces`: a composite device's parent driver gives
//! each function a part of the descriptor, in which interface numbers are those of the whole device
//! ([page](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-select-a-configuration-for-a-usb-device)).

use usbclient_protocol::TransferType;

use super::{
    Refusal,
    walk::{Found, Walk, word},
};
use crate::request::Direction;

const CONFIGURATION: u8 = 2;
const INTERFACE: u8 = 4;
const ENDPOINT: u8 = 5;

/// The first nine bytes of a configuration descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigurationHeader {
    /// `wTotalLength`: bytes of the whole configuration; at least [`SIZE`](Self::SIZE).
    pub total_length: u16,
    /// `bConfigurationValue`
    pub value: u8,
}

impl ConfigurationHeader {
    /// Size in bytes.
    pub const SIZE: u16 = 9;

    /// Checks the bytes that the device gave.
    ///
    /// # Errors
    /// [`Refusal::Truncated`], [`Refusal::LengthTooSmall`] or [`Refusal::WrongType`].
    pub fn parse(given: &[u8]) -> Result<Self, Refusal> {
        let [length, kind, total_0, total_1, _, value, ..] =
            *given.first_chunk::<{ Self::SIZE as usize }>().ok_or(Refusal::Truncated)?;
        let total_length = u16::from_le_bytes([total_0, total_1]);
        if kind != CONFIGURATION {
            return Err(Refusal::WrongType);
        }
        if u16::from(length) < Self::SIZE || total_length < Self::SIZE {
            return Err(Refusal::LengthTooSmall);
        }
        Ok(Self { total_length, value })
    }
}

/// Alternate setting 0 of an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// `bInterfaceNumber`
    pub number: u8,
    /// `bInterfaceClass`
    pub class: u8,
    /// `bInterfaceSubClass`
    pub subclass: u8,
    /// `bInterfaceProtocol`
    pub protocol: u8,
    /// `bNumEndpoints`, which is the number of endpoints found.
    pub endpoint_count: u8,
    /// Where its descriptor starts, in bytes from the start of the configuration descriptor.
    pub offset: u16,
}

/// An endpoint of alternate setting 0.
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
}

/// A configuration that can be selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration {
    value: u8,
    total_length: u16,
    interfaces: [Interface; Self::MAX_INTERFACES],
    interface_count: u8,
    endpoints: [Endpoint; Self::MAX_ENDPOINTS],
    endpoint_count: u8,
}

impl Configuration {
    /// The most interfaces that a configuration may have here.
    pub const MAX_INTERFACES: usize = 32;
    /// The most endpoints that a device can have beside endpoint 0: 15 in each direction.
    pub const MAX_ENDPOINTS: usize = 30;

    /// Checks a whole configuration descriptor. Bytes after `wTotalLength` are ignored.
    ///
    /// # Errors
    /// One of [`Refusal`], the first that is met.
    pub fn parse(given: &[u8]) -> Result<Self, Refusal> {
        let header = ConfigurationHeader::parse(given)?;
        let bytes = given.get(..usize::from(header.total_length)).ok_or(Refusal::Truncated)?;
        let mut parser = Parser::new(header);
        // The first is the configuration descriptor itself, whose `bLength` may be more than nine.
        let mut walk = Walk::new(bytes);
        if let Some(first) = walk.next() {
            first?;
        }
        for found in walk {
            parser.take(found?)?;
        }
        parser.finish()
    }

    /// `bConfigurationValue`
    #[must_use]
    pub const fn value(&self) -> u8 {
        self.value
    }

    /// `wTotalLength`: bytes.
    #[must_use]
    pub const fn total_length(&self) -> u16 {
        self.total_length
    }

    /// The interfaces, in the order of the descriptor. At least one.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        self.interfaces.get(..usize::from(self.interface_count)).unwrap_or_default()
    }

    /// The endpoints of all interfaces, in the order of the descriptor.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        self.endpoints.get(..usize::from(self.endpoint_count)).unwrap_or_default()
    }
}

/// A set of interface numbers.
#[derive(Clone, Copy)]
struct Numbers([u64; 4]);

impl Numbers {
    fn insert(&mut self, number: u8) {
        if let Some(word) = self.0.get_mut(usize::from(number >> 6)) {
            *word |= 1_u64 << (number & 63);
        }
    }

    fn contains(&self, number: u8) -> bool {
        self.0.get(usize::from(number >> 6)).is_some_and(|word| word & (1_u64 << (number & 63)) != 0)
    }
}

/// The alternate setting whose endpoints are being met.
#[derive(Clone, Copy)]
enum Setting {
    /// Before the first interface.
    None,
    /// Alternate setting 0 of the interface with this number, and how many endpoints it still promises.
    Zero { number: u8, left: u8 },
    /// Another alternate setting.
    Other { left: u8 },
}

struct Parser {
    configuration: Configuration,
    seen: Numbers,
    zero: Numbers,
    setting: Setting,
}

impl Parser {
    fn new(header: ConfigurationHeader) -> Self {
        Self {
            configuration: Configuration {
                value: header.value,
                total_length: header.total_length,
                interfaces: [Interface::default(); Configuration::MAX_INTERFACES],
                interface_count: 0,
                endpoints: [Endpoint::default(); Configuration::MAX_ENDPOINTS],
                endpoint_count: 0,
            },
            seen: Numbers([0; 4]),
            zero: Numbers([0; 4]),
            setting: Setting::None,
        }
    }

    /// Kinds that are not known here are skipped: class descriptors, companions, associations.
    fn take(&mut self, found: Found<'_>) -> Result<(), Refusal> {
        match found.kind {
            INTERFACE => self.interface(found),
            ENDPOINT => self.endpoint(found),
            _ => Ok(()),
        }
    }

    fn interface(&mut self, found: Found<'_>) -> Result<(), Refusal> {
        let [_, _, number, alternate, endpoint_count, class, subclass, protocol, _] = *found.fields::<9>()?;
        self.end_setting()?;
        self.seen.insert(number);
        if alternate != 0 {
            self.setting = Setting::Other { left: endpoint_count };
            return Ok(());
        }
        if self.zero.contains(number) {
            return Err(Refusal::DuplicateInterface);
        }
        self.zero.insert(number);
        self.setting = Setting::Zero { number, left: endpoint_count };
        // The walk is within `wTotalLength`, so the offset fits.
        let offset = u16::try_from(found.offset).map_err(|_| Refusal::PastTheEnd)?;
        let c = &mut self.configuration;
        let place = c.interfaces.get_mut(usize::from(c.interface_count)).ok_or(Refusal::TooManyInterfaces)?;
        *place = Interface { number, class, subclass, protocol, endpoint_count, offset };
        c.interface_count = c.interface_count.saturating_add(1);
        Ok(())
    }

    fn endpoint(&mut self, found: Found<'_>) -> Result<(), Refusal> {
        let [_, _, address, attributes, _, _, interval] = *found.fields::<7>()?;
        let max_packet_size = word(found.bytes, 4).ok_or(Refusal::LengthTooSmall)?;
        let number = match &mut self.setting {
            Setting::None => return Err(Refusal::EndpointOutsideInterface),
            Setting::Other { left } => {
                *left = left.checked_sub(1).ok_or(Refusal::EndpointCount)?;
                return Ok(());
            }
            Setting::Zero { number, left } => {
                *left = left.checked_sub(1).ok_or(Refusal::EndpointCount)?;
                *number
            }
        };
        self.add(Endpoint { interface: number, address, attributes, interval, max_packet_size })
    }

    fn add(&mut self, endpoint: Endpoint) -> Result<(), Refusal> {
        if !matches!(endpoint.address, 0x01..=0x0F | 0x81..=0x8F) {
            return Err(Refusal::EndpointAddress);
        }
        let may_be_zero = endpoint.transfer_type() == TransferType::Isochronous;
        let size = endpoint.packet_size();
        if size > 1024 || (size == 0 && !may_be_zero) {
            return Err(Refusal::PacketSize);
        }
        let c = &mut self.configuration;
        if c.endpoints().iter().any(|other| other.address == endpoint.address) {
            return Err(Refusal::DuplicateEndpoint);
        }
        // There are only 30 addresses, so there is a place for each.
        let place = c.endpoints.get_mut(usize::from(c.endpoint_count)).ok_or(Refusal::DuplicateEndpoint)?;
        *place = endpoint;
        c.endpoint_count = c.endpoint_count.saturating_add(1);
        Ok(())
    }

    /// Every endpoint that the setting promised must have come.
    const fn end_setting(&self) -> Result<(), Refusal> {
        match self.setting {
            Setting::None | Setting::Zero { left: 0, .. } | Setting::Other { left: 0 } => Ok(()),
            Setting::Zero { .. } | Setting::Other { .. } => Err(Refusal::EndpointCount),
        }
    }

    fn finish(self) -> Result<Configuration, Refusal> {
        self.end_setting()?;
        let Numbers(seen) = self.seen;
        let Numbers(zero) = self.zero;
        if seen != zero {
            return Err(Refusal::NoAlternateZero);
        }
        if self.configuration.interface_count == 0 {
            return Err(Refusal::NoInterface);
        }
        Ok(self.configuration)
    }
}
