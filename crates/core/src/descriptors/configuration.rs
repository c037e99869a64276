//! The configuration descriptor as it is selected: alternate setting 0 of every interface.

use super::{
    Endpoint, Refusal,
    interface::{Alternate, Interface, settings, whole},
};

const CONFIGURATION: u8 = 2;

/// The first nine bytes of a configuration descriptor.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbspec/ns-usbspec-_usb_configuration_descriptor>
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

/// A configuration that can be selected, with what its interfaces have in alternate setting 0.
///
/// Half a kilobyte: the other settings are looked up in the descriptor when they are asked for
/// ([`alternate`](super::alternate), [`settings`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration {
    value: u8,
    total_length: u16,
    interfaces: [Interface; Self::MAX_INTERFACES],
    interface_count: u8,
    endpoints: [Endpoint; Self::MAX_ENDPOINTS],
    endpoint_count: u8,
}

// It is on the kernel stack, more than once.
const _: () = assert!(size_of::<Configuration>() <= 512);

impl Configuration {
    /// The most interfaces that a configuration may have here.
    pub const MAX_INTERFACES: usize = 32;
    /// The most endpoints that a device can have beside endpoint 0: 15 in each direction.
    pub const MAX_ENDPOINTS: usize = 30;

    /// Checks a whole configuration descriptor: alternate setting 0 of every interface in full, of the other settings
    /// that they are whole and have as many endpoints as they say. Bytes after `wTotalLength` are ignored.
    ///
    /// # Errors
    /// One of [`Refusal`], the first that is met.
    pub fn parse(given: &[u8]) -> Result<Self, Refusal> {
        let mut configuration = Self::empty(ConfigurationHeader::parse(given)?);
        let bytes = whole(given)?;
        let mut seen = Numbers([0; 4]);
        let mut zero = Numbers([0; 4]);
        for interface in settings(given) {
            let interface = interface?;
            let setting = Alternate::unchecked(interface, bytes);
            seen.insert(interface.number);
            if interface.alternate == 0 {
                if zero.contains(interface.number) {
                    return Err(Refusal::DuplicateInterface);
                }
                zero.insert(interface.number);
                configuration.add(setting)?;
            }
            setting.check_count()?;
        }
        let Numbers(seen) = seen;
        let Numbers(zero) = zero;
        if seen != zero {
            return Err(Refusal::NoAlternateZero);
        }
        if configuration.interface_count == 0 {
            return Err(Refusal::NoInterface);
        }
        Ok(configuration)
    }

    fn empty(header: ConfigurationHeader) -> Self {
        Self {
            value: header.value,
            total_length: header.total_length,
            interfaces: [Interface::default(); Self::MAX_INTERFACES],
            interface_count: 0,
            endpoints: [Endpoint::default(); Self::MAX_ENDPOINTS],
            endpoint_count: 0,
        }
    }

    fn add(&mut self, setting: Alternate<'_>) -> Result<(), Refusal> {
        let place =
            self.interfaces.get_mut(usize::from(self.interface_count)).ok_or(Refusal::TooManyInterfaces)?;
        *place = setting.interface();
        self.interface_count = self.interface_count.saturating_add(1);
        for found in setting.read() {
            self.add_endpoint(found?.endpoint)?;
        }
        Ok(())
    }

    fn add_endpoint(&mut self, endpoint: Endpoint) -> Result<(), Refusal> {
        if self.endpoint(endpoint.address).is_some() {
            return Err(Refusal::DuplicateEndpoint);
        }
        // There are only 30 addresses, so there is a place for each.
        let place =
            self.endpoints.get_mut(usize::from(self.endpoint_count)).ok_or(Refusal::DuplicateEndpoint)?;
        *place = endpoint;
        self.endpoint_count = self.endpoint_count.saturating_add(1);
        Ok(())
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

    /// The interfaces, in the order of the descriptor. At least one. Their numbers may have gaps.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        self.interfaces.get(..usize::from(self.interface_count)).unwrap_or_default()
    }

    /// The interface with this `bInterfaceNumber`.
    #[must_use]
    pub fn interface(&self, number: u8) -> Option<&Interface> {
        self.interfaces().iter().find(|interface| interface.number == number)
    }

    /// The endpoints of all interfaces, in the order of the descriptor.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        self.endpoints.get(..usize::from(self.endpoint_count)).unwrap_or_default()
    }

    /// The endpoints of the interface with this number.
    pub fn endpoints_of(&self, number: u8) -> impl Iterator<Item = &Endpoint> {
        self.endpoints().iter().filter(move |endpoint| endpoint.interface == number)
    }

    /// The endpoint with this `bEndpointAddress`.
    #[must_use]
    pub fn endpoint(&self, address: u8) -> Option<&Endpoint> {
        self.endpoints().iter().find(|endpoint| endpoint.address == address)
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
