//! Configuration descriptors as the stack reads them: defensively, and no more than it needs.

/// `bDescriptorType` of a configuration descriptor.
pub(super) const CONFIGURATION: u8 = 2;
/// `bDescriptorType` of an interface descriptor.
pub(super) const INTERFACE: u8 = 4;
/// `bDescriptorType` of an endpoint descriptor.
pub(super) const ENDPOINT: u8 = 5;
/// `bDescriptorType` of a `SuperSpeed` endpoint companion descriptor.
const COMPANION: u8 = 0x30;
/// Size of a configuration descriptor's own part, in bytes.
pub(super) const CONFIGURATION_SIZE: usize = 9;
/// Size of an interface descriptor, in bytes.
pub(super) const INTERFACE_SIZE: usize = 9;
/// Size of an endpoint descriptor, in bytes.
pub(super) const ENDPOINT_SIZE: usize = 7;

/// What an interface descriptor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub number: u8,
    pub alternate: u8,
    /// `bNumEndpoints`
    pub endpoints: u8,
    pub class: u8,
    pub subclass: u8,
    pub protocol: u8,
}

impl Interface {
    /// None for bytes that are no interface descriptor.
    pub const fn of(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [_, INTERFACE, number, alternate, endpoints, class, subclass, protocol, _, ..] => {
                Some(Self { number, alternate, endpoints, class, subclass, protocol })
            }
            _ => None,
        }
    }
}

/// What an endpoint descriptor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub address: u8,
    pub attributes: u8,
    /// `wMaxPacketSize`
    pub packet: u16,
    pub interval: u8,
    /// What the `SuperSpeed` endpoint companion descriptor says that follows, if one does.
    pub companion: Option<Companion>,
}

/// What a `SuperSpeed` endpoint companion descriptor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Companion {
    /// For bulk the exponent of the number of streams, for isochronous `Mult`.
    pub attributes: u8,
    /// `wBytesPerInterval`
    pub bytes_per_interval: u16,
}

impl Companion {
    /// None for bytes that are no such descriptor.
    pub const fn of(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [_, COMPANION, _, attributes, low, high, ..] => {
                Some(Self { attributes, bytes_per_interval: u16::from_le_bytes([low, high]) })
            }
            _ => None,
        }
    }
}

impl Endpoint {
    /// None for bytes that are no endpoint descriptor.
    pub const fn of(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [_, ENDPOINT, address, attributes, low, high, interval, ..] => {
                let packet = u16::from_le_bytes([low, high]);
                Some(Self { address, attributes, packet, interval, companion: None })
            }
            _ => None,
        }
    }
}

/// The descriptors from `offset` on, with their offsets. Ends at one that is shorter than its own header or
/// longer than what is left.
pub(super) fn descriptors(bytes: &[u8], offset: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = offset;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let length = usize::from(*rest.first()?);
        let descriptor = rest.get(..length).filter(|descriptor| descriptor.len() >= 2)?;
        let start = at;
        at += length;
        Some((start, descriptor))
    })
}

/// The interface descriptors, with their offsets.
pub(super) fn interfaces(bytes: &[u8], offset: usize) -> impl Iterator<Item = (usize, Interface)> {
    descriptors(bytes, offset).filter_map(|(at, descriptor)| Some((at, Interface::of(descriptor)?)))
}

/// The endpoint descriptors between the interface descriptor at `offset` and the next one, with their companions.
pub(super) fn endpoints(bytes: &[u8], offset: usize) -> impl Iterator<Item = (usize, Endpoint)> {
    descriptors(bytes, offset)
        .skip(1)
        .take_while(|(_, descriptor)| descriptor.get(1) != Some(&INTERFACE))
        .filter_map(move |(at, descriptor)| {
            let endpoint = Endpoint::of(descriptor)?;
            let companion = descriptors(bytes, at).nth(1).and_then(|(_, next)| Companion::of(next));
            Some((at, Endpoint { companion, ..endpoint }))
        })
}

/// `bConfigurationValue`
pub(super) const fn configuration_value(bytes: &[u8]) -> Option<u8> {
    match *bytes {
        [_, CONFIGURATION, _, _, _, value, ..] => Some(value),
        _ => None,
    }
}

/// `wTotalLength`
pub(super) const fn total_length(bytes: &[u8]) -> Option<u16> {
    match *bytes {
        [_, _, low, high, ..] => Some(u16::from_le_bytes([low, high])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{descriptors, endpoints, interfaces};

    const BYTES: &[u8] = &[
        9, 2, 32, 0, 1, 7, 0, 0x80, 50, // configuration
        9, 4, 3, 0, 2, 0xFF, 0, 0, 0, // interface 3
        7, 5, 0x81, 2, 0, 2, 0, // bulk IN
        7, 5, 0x01, 2, 0, 2, 0, // bulk OUT
    ];

    #[test]
    fn finds_interfaces_and_their_endpoints() {
        let (offset, interface) = interfaces(BYTES, 0).next().expect("an interface");
        assert_eq!((offset, interface.number, interface.endpoints), (9, 3, 2));
        let addresses: Vec<u8> = endpoints(BYTES, offset).map(|(_, endpoint)| endpoint.address).collect();
        assert_eq!(addresses, [0x81, 0x01]);
    }

    #[test]
    fn ends_at_what_makes_no_sense() {
        assert_eq!(descriptors(&[0, 4, 9, 4], 0).count(), 0);
        assert_eq!(descriptors(&[1, 4, 9, 4], 0).count(), 0);
        assert_eq!(descriptors(&[9, 4, 0], 0).count(), 0);
        assert_eq!(descriptors(BYTES, 100).count(), 0);
    }
}
