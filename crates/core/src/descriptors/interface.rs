//! Interfaces and all their alternate settings, looked up in the bytes of a configuration descriptor.
//!
//! Nothing is kept but the bytes: each look-up walks them once, from the start, at a cost in proportion to their number
//! (at most 65535). Interface numbers are never counted up: a composite device's parent driver gives each function a
//! part of the descriptor, in which the numbers are those of the whole device.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-select-a-configuration-for-a-usb-device>

use super::{
    ConfigurationHeader, Endpoint, EndpointDescriptors, Refusal,
    endpoint::{self, ENDPOINT},
    walk::{Found, Walk},
};

const INTERFACE: u8 = 4;

/// An alternate setting of an interface.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbspec/ns-usbspec-_usb_interface_descriptor>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// `bInterfaceNumber`
    pub number: u8,
    /// `bAlternateSetting`
    pub alternate: u8,
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

impl Interface {
    fn read(found: Found<'_>) -> Result<Self, Refusal> {
        let [_, _, number, alternate, endpoint_count, class, subclass, protocol, _] = *found.fields::<9>()?;
        // The walk is within `wTotalLength`, so the offset fits.
        let offset = u16::try_from(found.offset).map_err(|_| Refusal::PastTheEnd)?;
        Ok(Self { number, alternate, class, subclass, protocol, endpoint_count, offset })
    }
}

/// The bytes of the configuration, `wTotalLength` of them.
pub(super) fn whole(given: &[u8]) -> Result<&[u8], Refusal> {
    let header = ConfigurationHeader::parse(given)?;
    given.get(..usize::from(header.total_length)).ok_or(Refusal::Truncated)
}

/// The settings of a configuration in the order of its descriptor. Ends after the first refusal.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// Where the walk is; `Err` if there is nothing to walk, for which the refusal comes once.
    walk: Result<Walk<'a>, Option<Refusal>>,
    has_begun: bool,
}

/// Every alternate setting of every interface in a whole configuration descriptor.
///
/// Kinds of descriptors that are not known here are skipped: class descriptors, companions, interface associations.
/// Bytes after `wTotalLength` are ignored.
///
/// An item is an error where the bytes do not make up descriptors, and it is the last then. The number of endpoints is
/// what the descriptor says; [`Alternate`] has those that are there.
#[must_use]
pub fn settings(descriptor: &[u8]) -> Settings<'_> {
    // The first is the configuration descriptor itself, whose `bLength` may be more than nine.
    Settings { walk: whole(descriptor).and_then(body).map_err(Some), has_begun: false }
}

/// What follows the configuration descriptor itself.
fn body(bytes: &[u8]) -> Result<Walk<'_>, Refusal> {
    let mut walk = Walk::new(bytes);
    match walk.next() {
        Some(Err(refusal)) => Err(refusal),
        Some(Ok(_)) | None => Ok(walk),
    }
}

/// The alternate settings of the interface `number` alone.
pub fn settings_of(descriptor: &[u8], number: u8) -> impl Iterator<Item = Result<Interface, Refusal>> {
    settings(descriptor).filter(move |item| item.is_err() || item.is_ok_and(|i| i.number == number))
}

impl Settings<'_> {
    fn step(&mut self, found: Found<'_>) -> Option<Result<Interface, Refusal>> {
        match found.kind {
            INTERFACE => {
                self.has_begun = true;
                Some(Interface::read(found))
            }
            ENDPOINT if !self.has_begun => Some(Err(Refusal::EndpointOutsideInterface)),
            _ => None,
        }
    }
}

impl Iterator for Settings<'_> {
    type Item = Result<Interface, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let found = match &mut self.walk {
                Ok(walk) => walk.next()?,
                Err(refusal) => return refusal.take().map(Err),
            };
            let item = match found {
                Ok(found) => self.step(found),
                Err(refusal) => Some(Err(refusal)),
            };
            if let Some(Err(_)) = item {
                self.walk = Err(None);
            }
            if item.is_some() {
                return item;
            }
        }
    }
}

/// One alternate setting whose endpoints were checked: as many as promised, each of which can be, no address twice.
#[derive(Clone, Copy, Debug)]
pub struct Alternate<'a> {
    interface: Interface,
    bytes: &'a [u8],
}

/// Looks up an alternate setting in a whole configuration descriptor.
///
/// # Errors
/// [`Refusal::NoSuchSetting`] if there is none; [`Refusal::DuplicateInterface`] if there are two; otherwise what is
/// wrong with its endpoints or with the descriptor.
pub fn alternate(descriptor: &[u8], number: u8, setting: u8) -> Result<Alternate<'_>, Refusal> {
    let mut found = None;
    for interface in settings_of(descriptor, number) {
        let interface = interface?;
        if interface.alternate == setting && found.replace(interface).is_some() {
            return Err(Refusal::DuplicateInterface);
        }
    }
    let alternate = Alternate { interface: found.ok_or(Refusal::NoSuchSetting)?, bytes: whole(descriptor)? };
    alternate.check()?;
    Ok(alternate)
}

impl<'a> Alternate<'a> {
    /// A setting that is not checked yet. `bytes` are what [`whole`] gave.
    pub(super) const fn unchecked(interface: Interface, bytes: &'a [u8]) -> Self {
        Self { interface, bytes }
    }

    /// The interface descriptor.
    #[must_use]
    pub const fn interface(&self) -> Interface {
        self.interface
    }

    /// Its endpoints in the order of the descriptor: `endpoint_count` of them, at most 30.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints<'a> {
        Endpoints(self.read())
    }

    /// The endpoint with this `bEndpointAddress`.
    #[must_use]
    pub fn endpoint(&self, address: u8) -> Option<EndpointDescriptors> {
        self.endpoints().find(|found| found.endpoint.address == address)
    }

    /// Whether an endpoint of another interface has the address of one of these: both cannot be in use at a time.
    #[must_use]
    pub fn collides_with(&self, others: &[Endpoint]) -> bool {
        let number = self.interface.number;
        let mut foreign = others.iter().filter(|other| other.interface != number);
        foreign.any(|other| self.endpoint(other.address).is_some())
    }

    /// Its endpoints as they are read.
    pub(super) fn read(&self) -> Reader<'a> {
        let walk = Walk::after(self.bytes, usize::from(self.interface.offset));
        Reader { walk, interface: self.interface.number, has_ended: false }
    }

    /// How many endpoint descriptors follow, whatever is in them.
    pub(super) fn check_count(&self) -> Result<(), Refusal> {
        let mut left = self.interface.endpoint_count;
        for found in Walk::after(self.bytes, usize::from(self.interface.offset)) {
            match found?.kind {
                INTERFACE => break,
                ENDPOINT => left = left.checked_sub(1).ok_or(Refusal::EndpointCount)?,
                _ => {}
            }
        }
        if left == 0 { Ok(()) } else { Err(Refusal::EndpointCount) }
    }

    fn check(&self) -> Result<(), Refusal> {
        self.check_count()?;
        let mut seen = 0_u32;
        for found in self.read() {
            let bit = place(found?.endpoint.address);
            if seen & bit != 0 {
                return Err(Refusal::DuplicateEndpoint);
            }
            seen |= bit;
        }
        Ok(())
    }
}

/// One bit for each endpoint address.
const fn place(address: u8) -> u32 {
    let number = (address & 0x0F) as u32;
    let direction = if address & 0x80 == 0 { 0 } else { 16 };
    1_u32.wrapping_shl(number | direction)
}

/// The endpoints of one setting, until the next interface. Ends after the first refusal.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    walk: Walk<'a>,
    interface: u8,
    has_ended: bool,
}

impl Iterator for Reader<'_> {
    type Item = Result<EndpointDescriptors, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.has_ended {
            let item = match self.walk.next()? {
                Ok(found) if found.kind == ENDPOINT => {
                    Some(endpoint::read(found, self.interface, &mut self.walk))
                }
                Ok(found) => {
                    self.has_ended = found.kind == INTERFACE;
                    None
                }
                Err(refusal) => Some(Err(refusal)),
            };
            if let Some(item) = item {
                self.has_ended = item.is_err();
                return Some(item);
            }
        }
        None
    }
}

/// The endpoints of an [`Alternate`].
#[derive(Clone, Debug)]
pub struct Endpoints<'a>(Reader<'a>);

impl Iterator for Endpoints<'_> {
    type Item = EndpointDescriptors;

    fn next(&mut self) -> Option<EndpointDescriptors> {
        // A setting that was checked has nothing to refuse.
        self.0.next()?.ok()
    }
}
