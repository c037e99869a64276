//! Descriptors that are legal by construction: lengths, counts and totals are computed, packet sizes follow from
//! speed and transfer type, and what cannot be made legal is refused.

use alloc::vec::Vec;

use super::{
    BOS, CONFIGURATION, Configuration, DEVICE, Descriptors, ENDPOINT, ENDPOINT_COMPANION, Endpoint,
    EndpointType, INTERFACE, INTERFACE_ASSOCIATION, number,
};
use crate::{
    Speed,
    fallible::{self, OutOfMemory},
};

/// Why a descriptor was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// Memory ran out.
    OutOfMemory,
    /// The configuration value zero means "not configured".
    ValueZero,
    /// An endpoint outside of any interface, number zero or above 15, or twice in one alternate setting.
    EndpointAddress,
    /// The same endpoint in two interfaces that can be in use together.
    EndpointShared,
    /// A packet size that the speed does not allow for the transfer type.
    PacketSize,
    /// An interval that the speed does not allow.
    Interval,
    /// An alternate setting that is not the next one of its interface, or an interface that went before.
    Setting,
    /// Longer than 65,535 bytes, or more than 255 of something.
    TooLarge,
}

impl From<OutOfMemory> for BuildError {
    fn from(_: OutOfMemory) -> Self {
        Self::OutOfMemory
    }
}

/// Class, subclass and protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(pub u8, pub u8, pub u8);

impl Class {
    /// Vendor specific.
    pub const VENDOR: Self = Self(0xFF, 0, 0);
    /// A device whose interfaces say what they are.
    pub const PER_INTERFACE: Self = Self(0, 0, 0);
    /// A device that uses interface association descriptors.
    pub const MISCELLANEOUS_ASSOCIATION: Self = Self(0xEF, 0x02, 0x01);
}

/// What a `SuperSpeed` endpoint's companion descriptor says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SuperSpeedCapability {
    /// `bMaxBurst`: packets in a burst beyond the first, 0 to 15.
    pub burst: u8,
    /// For bulk: the exponent of the number of streams, 0 (none) to 16.
    pub streams: u8,
}

/// What an isochronous endpoint's descriptor says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Isochronous {
    /// Bytes of a packet: up to 1,023 at full speed, up to 1,024 above. Zero is no bandwidth, as in a default setting.
    pub packet: u16,
    /// `bInterval`: an exponent from 1 to 16, of frames at full speed and of microframes above.
    pub interval: u8,
    /// Additional transactions in a microframe (high speed), or `Mult` (`SuperSpeed`): 0 to 2.
    pub more: u8,
    /// `bMaxBurst` for `SuperSpeed`: 0 to 15.
    pub burst: u8,
    /// Bits 5 to 2 of `bmAttributes`: synchronization and usage type (USB 2.0, table 9-13).
    pub usage: u8,
}

impl Isochronous {
    /// An endpoint that gives feedback to an asynchronous one (USB 2.0, table 9-13), for [`Self::usage`].
    pub const FEEDBACK: u8 = 0b0100;
    /// An endpoint with a clock of its own.
    pub const ASYNCHRONOUS: u8 = 0b0001;

    /// Bytes of one interval.
    #[must_use]
    pub const fn per_interval(self, speed: Speed) -> u32 {
        let packet = self.packet as u32;
        match speed {
            Speed::Low | Speed::Full => packet,
            Speed::High => packet * (self.more as u32 + 1),
            Speed::Super => packet * (self.more as u32 + 1) * (self.burst as u32 + 1),
        }
    }
}

/// Makes one configuration descriptor.
#[derive(Debug)]
pub struct ConfigurationBuilder {
    speed: Speed,
    made: Configuration,
    /// Where the open interface descriptor's `bNumEndpoints` is.
    endpoint_count_at: Option<usize>,
    interface_count: u8,
}

impl ConfigurationBuilder {
    /// Begins a bus-powered configuration of 100 mA (150 mA for `SuperSpeed`).
    ///
    /// # Errors
    ///
    /// [`BuildError::ValueZero`], [`BuildError::OutOfMemory`].
    pub fn new(speed: Speed, value: u8) -> Result<Self, BuildError> {
        if value == 0 {
            return Err(BuildError::ValueZero);
        }
        // bMaxPower counts 2 mA, and 8 mA for SuperSpeed.
        let power = if speed == Speed::Super { 19 } else { 50 };
        let bytes = fallible::copy(&[9, CONFIGURATION, 0, 0, 0, value, 0, 0x80, power])?;
        let made = Configuration { value, bytes, second: None, settings: Vec::new(), endpoints: Vec::new() };
        Ok(Self { speed, made, endpoint_count_at: None, interface_count: 0 })
    }

    /// Declares that the `count` interfaces from `first` on are one function.
    ///
    /// # Errors
    ///
    /// [`BuildError::OutOfMemory`].
    pub fn association(mut self, first: u8, count: u8, class: Class) -> Result<Self, BuildError> {
        let Class(class, subclass, protocol) = class;
        self.append(&[8, INTERFACE_ASSOCIATION, first, count, class, subclass, protocol, 0])?;
        Ok(self)
    }

    /// Begins an alternate setting. Numbers may have gaps but must rise; settings of one interface count from zero.
    ///
    /// # Errors
    ///
    /// [`BuildError::Setting`], [`BuildError::TooLarge`], [`BuildError::OutOfMemory`].
    pub fn interface(mut self, number: u8, alternate: u8, class: Class) -> Result<Self, BuildError> {
        let fits = match self.made.settings.last() {
            Some(&(last, setting)) if last == number => setting.checked_add(1) == Some(alternate),
            Some(&(last, _)) => last < number && alternate == 0,
            None => alternate == 0,
        };
        if !fits {
            return Err(BuildError::Setting);
        }
        if alternate == 0 {
            self.interface_count = self.interface_count.checked_add(1).ok_or(BuildError::TooLarge)?;
        }
        fallible::push(&mut self.made.settings, (number, alternate))?;
        let Class(class, subclass, protocol) = class;
        self.endpoint_count_at = self.made.bytes.len().checked_add(4);
        self.append(&[9, INTERFACE, number, alternate, 0, class, subclass, protocol, 0])?;
        Ok(self)
    }

    /// Adds a bulk endpoint, with the packet size of the speed (64, 512 or 1024 bytes).
    ///
    /// # Errors
    ///
    /// [`BuildError::PacketSize`] at low speed, which has no bulk transfers; [`BuildError::EndpointAddress`],
    /// [`BuildError::EndpointShared`], [`BuildError::TooLarge`], [`BuildError::OutOfMemory`].
    pub fn bulk(self, address: u8, capability: SuperSpeedCapability) -> Result<Self, BuildError> {
        let packet = match self.speed {
            Speed::Low => return Err(BuildError::PacketSize),
            Speed::Full => 64,
            Speed::High => 512,
            Speed::Super => 1024,
        };
        self.endpoint(Shape { capability, ..Shape::new(address, EndpointType::Bulk, packet, 0) })
    }

    /// Adds an interrupt endpoint. `interval` is `bInterval`: frames for low and full speed (10 to 255 for low), an
    /// exponent from 1 to 16 for the others.
    ///
    /// # Errors
    ///
    /// [`BuildError::PacketSize`], [`BuildError::Interval`], [`BuildError::EndpointAddress`],
    /// [`BuildError::EndpointShared`], [`BuildError::TooLarge`], [`BuildError::OutOfMemory`].
    pub fn interrupt(self, address: u8, packet: u16, interval: u8) -> Result<Self, BuildError> {
        let (largest, intervals) = match self.speed {
            Speed::Low => (8, 10..=255),
            Speed::Full => (64, 1..=255),
            Speed::High | Speed::Super => (1024, 1..=16),
        };
        if packet == 0 || packet > largest {
            return Err(BuildError::PacketSize);
        }
        if !intervals.contains(&interval) {
            return Err(BuildError::Interval);
        }
        let shape = Shape::new(address, EndpointType::Interrupt, packet, interval);
        self.endpoint(Shape { per_interval: u32::from(packet), ..shape })
    }

    /// Adds an isochronous endpoint.
    ///
    /// # Errors
    ///
    /// [`BuildError::PacketSize`] also at low speed, which has no isochronous transfers, and for more than one transaction
    /// of packets that are too small for it (USB 2.0, table 9-14; USB 3.2, 9.6.6); [`BuildError::Interval`],
    /// [`BuildError::EndpointAddress`], [`BuildError::EndpointShared`], [`BuildError::TooLarge`],
    /// [`BuildError::OutOfMemory`].
    pub fn isochronous(self, address: u8, shape: Isochronous) -> Result<Self, BuildError> {
        let Isochronous { packet, interval, more, burst, usage } = shape;
        let fits = match (self.speed, more, burst) {
            (Speed::Full, 0, 0) => packet <= 1023,
            (Speed::High | Speed::Super, 0, 0) => packet <= 1024,
            (Speed::High, 1, 0) => (513..=1024).contains(&packet),
            (Speed::High, 2, 0) => (683..=1024).contains(&packet),
            (Speed::Super, 0..=2, 0..=15) => packet == 1024,
            _ => false,
        };
        if !fits {
            return Err(BuildError::PacketSize);
        }
        if !(1..=16).contains(&interval) {
            return Err(BuildError::Interval);
        }
        let per_interval = shape.per_interval(self.speed);
        let new = Shape::new(address, EndpointType::Isochronous, packet, interval);
        let capability = SuperSpeedCapability { burst, streams: 0 };
        self.endpoint(Shape { per_interval, more, capability, usage: usage & 0x0F, ..new })
    }

    /// Adds the bytes of a descriptor of a class or vendor, which belongs to what stands before it.
    ///
    /// # Errors
    ///
    /// [`BuildError::OutOfMemory`].
    pub fn other(mut self, bytes: &[u8]) -> Result<Self, BuildError> {
        self.append(bytes)?;
        Ok(self)
    }

    fn endpoint(mut self, shape: Shape) -> Result<Self, BuildError> {
        let Shape { address, kind, packet, interval, per_interval, more, usage, capability } = shape;
        let &(interface, alternate) = self.made.settings.last().ok_or(BuildError::EndpointAddress)?;
        self.admit(address, interface, alternate)?;
        // Bits 12 and 11 of wMaxPacketSize count additional transactions at high speed.
        let transactions = if self.speed == Speed::High { u16::from(more) << 11 } else { 0 };
        let [low, high] = (packet | transactions).to_le_bytes();
        self.append(&[7, ENDPOINT, address, kind as u8 | usage << 2, low, high, interval])?;
        if self.speed == Speed::Super {
            let bytes = u16::try_from(per_interval).map_err(|_| BuildError::TooLarge)?;
            let [low, high] = bytes.to_le_bytes();
            let attributes = match kind {
                EndpointType::Bulk => capability.streams.min(16),
                EndpointType::Isochronous => more,
                _ => 0,
            };
            self.append(&[6, ENDPOINT_COMPANION, capability.burst.min(15), attributes, low, high])?;
        }
        let count = self.endpoint_count_at.and_then(|at| self.made.bytes.get_mut(at));
        let count = count.ok_or(BuildError::EndpointAddress)?;
        *count = count.checked_add(1).ok_or(BuildError::TooLarge)?;
        let configuration = self.made.value;
        let per_interval = per_interval.max(u32::from(packet));
        let max_streams = if self.speed == Speed::Super { capability.streams.min(16) } else { 0 };
        let endpoint = Endpoint {
            configuration,
            interface,
            alternate,
            address,
            kind,
            packet,
            per_interval,
            interval,
            max_streams,
            stream: 0,
        };
        fallible::push(&mut self.made.endpoints, endpoint)?;
        Ok(self)
    }

    /// An address is used once in a setting, and by one interface only.
    fn admit(&self, address: u8, interface: u8, alternate: u8) -> Result<(), BuildError> {
        if (address & 0x70) != 0 || number(address) == 0 {
            return Err(BuildError::EndpointAddress);
        }
        for other in self.made.endpoints.iter().filter(|other| other.address == address) {
            if other.interface != interface {
                return Err(BuildError::EndpointShared);
            }
            if other.alternate == alternate {
                return Err(BuildError::EndpointAddress);
            }
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), BuildError> {
        Ok(fallible::extend(&mut self.made.bytes, bytes)?)
    }

    /// Fills in the total length and the number of interfaces.
    ///
    /// # Errors
    ///
    /// [`BuildError::TooLarge`].
    pub fn finish(mut self) -> Result<Configuration, BuildError> {
        let total = u16::try_from(self.made.bytes.len()).map_err(|_| BuildError::TooLarge)?;
        if let Some([_, _, low, high, interfaces, ..]) = self.made.bytes.get_mut(..) {
            [*low, *high] = total.to_le_bytes();
            *interfaces = self.interface_count;
        }
        Ok(self.made)
    }
}

/// Everything about one endpoint.
#[derive(Clone, Copy, Debug)]
struct Shape {
    address: u8,
    kind: EndpointType,
    packet: u16,
    interval: u8,
    /// Bytes of one interval; zero for bulk.
    per_interval: u32,
    more: u8,
    usage: u8,
    capability: SuperSpeedCapability,
}

impl Shape {
    const fn new(address: u8, kind: EndpointType, packet: u16, interval: u8) -> Self {
        let capability = SuperSpeedCapability { burst: 0, streams: 0 };
        Self { address, kind, packet, interval, per_interval: 0, more: 0, usage: 0, capability }
    }
}

/// Makes a device descriptor and gathers what belongs to it.
#[derive(Debug)]
pub struct DeviceBuilder {
    speed: Speed,
    class: Class,
    vendor: u16,
    product: u16,
    strings: &'static [&'static str],
    configurations: Vec<Configuration>,
}

impl DeviceBuilder {
    /// Begins a device with identifiers of pid.codes' test range (1209:0001 and following).
    #[must_use]
    pub const fn new(speed: Speed, product: u16) -> Self {
        let class = Class::PER_INTERFACE;
        Self { speed, class, vendor: 0x1209, product, strings: &[], configurations: Vec::new() }
    }

    /// Sets the device class.
    #[must_use]
    pub const fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// Sets the strings: manufacturer, product and serial number first, at most 255.
    #[must_use]
    pub const fn strings(mut self, strings: &'static [&'static str]) -> Self {
        self.strings = strings;
        self
    }

    /// Adds a configuration.
    ///
    /// # Errors
    ///
    /// [`BuildError::OutOfMemory`].
    pub fn configuration(mut self, configuration: Configuration) -> Result<Self, BuildError> {
        fallible::push(&mut self.configurations, configuration)?;
        Ok(self)
    }

    /// Makes the device descriptor, and for `SuperSpeed` the binary device object store.
    ///
    /// # Errors
    ///
    /// [`BuildError::TooLarge`], [`BuildError::OutOfMemory`].
    pub fn finish(self) -> Result<Descriptors, BuildError> {
        let configurations = u8::try_from(self.configurations.len()).map_err(|_| BuildError::TooLarge)?;
        let count = u8::try_from(self.strings.len()).map_err(|_| BuildError::TooLarge)?;
        let index = |wanted: u8| if wanted <= count { wanted } else { 0 };
        let (version, control_packet) = match self.speed {
            Speed::Low => ([0x10, 0x01], 8),
            Speed::Full => ([0x10, 0x01], 64),
            Speed::High => ([0x00, 0x02], 64),
            // An exponent: 2 to the 9th.
            Speed::Super => ([0x00, 0x03], 9),
        };
        let Class(class, subclass, protocol) = self.class;
        let ([vendor_low, vendor_high], [product_low, product_high]) =
            (self.vendor.to_le_bytes(), self.product.to_le_bytes());
        let [version_low, version_high] = version;
        let device = fallible::copy(&[
            18,
            DEVICE,
            version_low,
            version_high,
            class,
            subclass,
            protocol,
            control_packet,
            vendor_low,
            vendor_high,
            product_low,
            product_high,
            0x00,
            0x01,
            index(1),
            index(2),
            index(3),
            configurations,
        ])?;
        let bos = if self.speed == Speed::Super { Some(fallible::copy(&SUPER_SPEED_BOS)?) } else { None };
        let Self { speed, strings, configurations, .. } = self;
        Ok(Descriptors { speed, device, configurations, strings, bos })
    }
}

/// The capabilities that every `SuperSpeed` device must declare: USB 2.0 extension (with LPM) and `SuperSpeed` USB
/// (all speeds, functional from full speed on).
const SUPER_SPEED_BOS: [u8; 22] = [
    5, BOS, 22, 0, 2, // header
    7, 0x10, 0x02, 0x02, 0, 0, 0, // USB 2.0 extension
    10, 0x10, 0x03, 0x00, 0x0E, 0x00, 0x01, 0x0A, 0xFF, 0x07, // SuperSpeed
];
