//! Configuration descriptors as the stack reads them: defensively, and no more than it needs.

const CONFIGURATION: u8 = 2;
const INTERFACE: u8 = 4;
const ENDPOINT: u8 = 5;
const COMPANION: u8 = 0x30;
/// Size of a configuration descriptor's own part, in bytes.
pub const CONFIGURATION_SIZE: usize = 9;

/// What an interface descriptor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
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
    const fn of(bytes: &[u8]) -> Option<Self> {
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
pub struct Endpoint {
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
pub struct Companion {
    /// For bulk the exponent of the number of streams, for isochronous `Mult`.
    pub attributes: u8,
    /// `wBytesPerInterval`
    pub bytes_per_interval: u16,
}

impl Companion {
    /// None for bytes that are no such descriptor.
    const fn of(bytes: &[u8]) -> Option<Self> {
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
    const fn of(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [_, ENDPOINT, address, attributes, low, high, interval, ..] => {
                let packet = u16::from_le_bytes([low, high]);
                Some(Self { address, attributes, packet, interval, companion: None })
            }
            _ => None,
        }
    }
}

/// The descriptors from `offset` on, with their offsets. Ends at one that is shorter than its own header or longer than
/// what is left.
fn descriptors(bytes: &[u8], offset: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = offset;
    core::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let length = usize::from(*rest.first()?);
        let descriptor = rest.get(..length).filter(|descriptor| descriptor.len() >= 2)?;
        let start = at;
        at += length;
        Some((start, descriptor))
    })
}

/// The interface descriptors, with their offsets.
pub fn interfaces(bytes: &[u8]) -> impl Iterator<Item = (usize, Interface)> {
    descriptors(bytes, 0).filter_map(|(at, descriptor)| Some((at, Interface::of(descriptor)?)))
}

/// The endpoint descriptors between the interface descriptor at `offset` and the next one.
pub fn endpoints(bytes: &[u8], offset: usize) -> impl Iterator<Item = Endpoint> {
    descriptors(bytes, offset)
        .skip(1)
        .take_while(|(_, descriptor)| descriptor.get(1) != Some(&INTERFACE))
        .filter_map(move |(at, descriptor)| {
            let endpoint = Endpoint::of(descriptor)?;
            let companion = descriptors(bytes, at).nth(1).and_then(|(_, next)| Companion::of(next));
            Some(Endpoint { companion, ..endpoint })
        })
}

/// `bConfigurationValue`
pub const fn configuration_value(bytes: &[u8]) -> Option<u8> {
    match *bytes {
        [_, CONFIGURATION, _, _, _, value, ..] => Some(value),
        _ => None,
    }
}

/// `wTotalLength`
pub const fn total_length(bytes: &[u8]) -> Option<u16> {
    match *bytes {
        [_, _, low, high, ..] => Some(u16::from_le_bytes([low, high])),
        _ => None,
    }
}
