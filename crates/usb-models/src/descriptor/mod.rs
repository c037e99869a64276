//! Descriptors: made legal by construction ([`builder`]), broken on purpose ([`flaw`], [`mutation`]), and judged
//! ([`check`]).

pub mod builder;
pub mod check;
pub mod flaw;
pub mod mutation;

pub use builder::{
    BuildError, Class, ConfigurationBuilder, DeviceBuilder, Isochronous, SuperSpeedCapability,
};
pub use check::{Complaint, check_configuration};
pub use flaw::Flaw;
pub use mutation::Answers;

use alloc::vec::Vec;

/// `bDescriptorType` of a device descriptor.
pub const DEVICE: u8 = 0x01;
/// `bDescriptorType` of a configuration descriptor.
pub const CONFIGURATION: u8 = 0x02;
/// `bDescriptorType` of a string descriptor.
pub const STRING: u8 = 0x03;
/// `bDescriptorType` of an interface descriptor.
pub const INTERFACE: u8 = 0x04;
/// `bDescriptorType` of an endpoint descriptor.
pub const ENDPOINT: u8 = 0x05;
/// `bDescriptorType` of a device qualifier.
pub const DEVICE_QUALIFIER: u8 = 0x06;
/// `bDescriptorType` of an interface association descriptor.
pub const INTERFACE_ASSOCIATION: u8 = 0x0B;
/// `bDescriptorType` of a binary device object store.
pub const BOS: u8 = 0x0F;
/// `bDescriptorType` of a `SuperSpeed` endpoint companion.
pub const ENDPOINT_COMPANION: u8 = 0x30;

/// The transfer type of an endpoint, by the low bits of `bmAttributes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EndpointType {
    /// Control.
    Control = 0,
    /// Isochronous.
    Isochronous = 1,
    /// Bulk.
    Bulk = 2,
    /// Interrupt.
    Interrupt = 3,
}

/// The endpoint number in an address.
#[must_use]
pub const fn number(address: u8) -> u8 {
    address & 0x0F
}

/// An endpoint of one alternate setting, as the device itself knows it, whatever its descriptors say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `bConfigurationValue` of the configuration that it belongs to.
    pub configuration: u8,
    /// `bInterfaceNumber`.
    pub interface: u8,
    /// `bAlternateSetting`.
    pub alternate: u8,
    /// `bEndpointAddress`: bit 7 set for IN.
    pub address: u8,
    /// The kind of its transfers.
    pub kind: EndpointType,
    /// Bytes of its largest packet.
    pub packet: u16,
    /// Bytes of one interval, with additional transactions and bursts: at least `packet`. Isochronous only.
    pub per_interval: u32,
    /// `bInterval`.
    pub interval: u8,
    /// `MaxStreams` of a bulk endpoint's companion: the exponent of the number of streams, 0 for none.
    pub max_streams: u8,
    /// The stream that is asked about, 0 for the endpoint without streams.
    pub stream: u16,
}

impl Endpoint {
    /// How many streams it has (USB 3.2, table 9-28); the largest identifiers are reserved.
    #[must_use]
    pub const fn streams(&self) -> u16 {
        match self.max_streams {
            0 => 0,
            exponent @ 1..=15 => 1 << exponent,
            _ => 65_533,
        }
    }
}

/// A configuration: its descriptor as the host reads it, and what the device itself goes by.
#[derive(Debug)]
pub struct Configuration {
    /// `bConfigurationValue`.
    pub value: u8,
    /// The whole descriptor.
    pub bytes: Vec<u8>,
    /// What every second read returns instead, for a device that does not say the same thing twice.
    pub second: Option<Vec<u8>>,
    /// Interface numbers with their alternate settings, in the order of the descriptor.
    pub settings: Vec<(u8, u8)>,
    /// All endpoints of all settings.
    pub endpoints: Vec<Endpoint>,
}

/// Everything that a device answers to `GET_DESCRIPTOR`.
#[derive(Debug)]
pub struct Descriptors {
    /// The speed that all of it is written for.
    pub speed: crate::Speed,
    /// The device descriptor.
    pub device: Vec<u8>,
    /// The configurations, by index.
    pub configurations: Vec<Configuration>,
    /// The strings from index 1 on, in US English.
    pub strings: &'static [&'static str],
    /// The binary device object store, if there is one.
    pub bos: Option<Vec<u8>>,
}
