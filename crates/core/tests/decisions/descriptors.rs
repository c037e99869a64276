//! Hostile and honest descriptors.

use proptest::prelude::*;
use usbclient_core::descriptors::{
    Configuration, ConfigurationHeader, DeviceDescriptor, Interface,
    Refusal::{self, *},
};

/// The device descriptor of a high-speed device.
pub fn device() -> Vec<u8> {
    vec![18, 1, 0, 2, 0xFF, 0, 0, 64, 0x09, 0x12, 1, 0, 0, 1, 0, 0, 0, 1]
}

pub fn interface(number: u8, alternate: u8, endpoints: u8) -> Vec<u8> {
    vec![9, 4, number, alternate, endpoints, 0xFF, 1, 2, 0]
}

pub fn endpoint(address: u8, attributes: u8, packet_size: u16) -> Vec<u8> {
    let [low, high] = packet_size.to_le_bytes();
    vec![7, 5, address, attributes, low, high, 1]
}

/// A configuration with a true `wTotalLength` around these descriptors.
pub fn configuration(parts: &[Vec<u8>]) -> Vec<u8> {
    let body = parts.concat();
    let [low, high] = u16::try_from(9 + body.len()).unwrap().to_le_bytes();
    let mut bytes = vec![9, 2, low, high, 1, 1, 0, 0x80, 50];
    bytes.extend(body);
    bytes
}

/// One interface, bulk IN and OUT.
pub fn loopback() -> Vec<u8> {
    configuration(&[interface(0, 0, 2), endpoint(0x81, 2, 512), endpoint(0x02, 2, 512)])
}

fn refused(bytes: &[u8]) -> Refusal {
    Configuration::parse(bytes).unwrap_err()
}

#[test]
fn device_descriptors() {
    let good = DeviceDescriptor::parse(&device()).unwrap();
    assert_eq!((good.vendor(), good.product(), good.max_packet_size_0()), (0x1209, 1, 64));
    assert_eq!(good.bytes(), device().as_slice());
    for length in 0..18 {
        assert_eq!(DeviceDescriptor::parse(&device()[..length]), Err(Truncated));
    }
    for (at, value, refusal) in
        [(0, 17, LengthTooSmall), (0, 0, LengthTooSmall), (1, 2, WrongType), (7, 0, NoPacketSize0)]
    {
        let mut bytes = device();
        bytes[at] = value;
        assert_eq!(DeviceDescriptor::parse(&bytes), Err(refusal));
    }
}

#[test]
fn headers() {
    let header = ConfigurationHeader::parse(&loopback()).unwrap();
    assert_eq!(header, ConfigurationHeader { total_length: 32, value: 1 });
    assert_eq!(ConfigurationHeader::parse(&loopback()[..8]), Err(Truncated));
    for (at, value, refusal) in
        [(0, 8, LengthTooSmall), (0, 1, LengthTooSmall), (0, 0, LengthTooSmall), (1, 4, WrongType)]
    {
        let mut bytes = loopback();
        bytes[at] = value;
        assert_eq!(ConfigurationHeader::parse(&bytes), Err(refusal));
    }
    let mut short = loopback();
    short[2] = 8;
    assert_eq!(ConfigurationHeader::parse(&short), Err(LengthTooSmall));
}

#[test]
fn an_honest_configuration() {
    let parsed = Configuration::parse(&loopback()).unwrap();
    assert_eq!((parsed.value(), parsed.total_length()), (1, 32));
    let interface = Interface {
        number: 0,
        alternate: 0,
        class: 0xFF,
        subclass: 1,
        protocol: 2,
        endpoint_count: 2,
        offset: 9,
    };
    assert_eq!(parsed.interfaces(), [interface]);
    assert_eq!(parsed.interface(0), Some(&interface));
    assert_eq!(parsed.interface(1), None);
    assert_eq!(parsed.endpoint(0x02).map(|e| e.address), Some(0x02));
    assert_eq!(parsed.endpoint(0x82), None);
    assert_eq!(parsed.endpoints_of(0).count(), 2);
    let endpoints = parsed.endpoints().iter().map(|e| (e.address, e.packet_size())).collect::<Vec<_>>();
    assert_eq!(endpoints, [(0x81, 512), (0x02, 512)]);
}

#[test]
fn gaps_in_interface_numbers_and_other_descriptors() {
    let parsed = Configuration::parse(&configuration(&[
        vec![8, 0x0B, 3, 2, 0, 0, 0, 0],
        interface(3, 0, 1),
        vec![5, 0x24, 0, 0, 0],
        endpoint(0x81, 3, 8),
        vec![6, 0x30, 0, 0, 0, 0],
        interface(200, 0, 0),
    ]))
    .unwrap();
    let found = parsed.interfaces().iter().map(|i| (i.number, i.offset)).collect::<Vec<_>>();
    assert_eq!(found, [(3, 17), (200, 44)]);
    assert_eq!(parsed.endpoints()[0].interface, 3);
    assert_eq!(parsed.interface(200).map(|i| i.offset), Some(44));
    assert_eq!(parsed.interface(0), None);
    assert_eq!((parsed.endpoints_of(3).count(), parsed.endpoints_of(200).count()), (1, 0));
}

#[test]
fn only_alternate_setting_0_is_kept() {
    let parsed = Configuration::parse(&configuration(&[
        interface(0, 0, 0),
        interface(0, 1, 1),
        endpoint(0x81, 1, 1024),
        interface(1, 1, 1),
        endpoint(0x82, 2, 0),
        interface(1, 0, 1),
        endpoint(0x82, 2, 64),
    ]))
    .unwrap();
    assert_eq!(parsed.interfaces().len(), 2);
    assert_eq!(parsed.endpoints().len(), 1);
    assert_eq!(parsed.endpoints()[0].packet_size(), 64);
}

#[test]
fn lengths_that_lie() {
    let mut zero = loopback();
    zero[9] = 0;
    assert_eq!(refused(&zero), LengthTooSmall);
    zero[9] = 1;
    assert_eq!(refused(&zero), LengthTooSmall);
    // An interface descriptor cut to eight bytes shifts all that follows.
    zero[9] = 8;
    assert_eq!(refused(&zero), LengthTooSmall);

    let mut more = loopback();
    more[2] = 33;
    assert_eq!(refused(&more), Truncated);
    more[2] = 31;
    assert_eq!(refused(&more), PastTheEnd);
    more[2] = 25;
    assert_eq!(refused(&more), EndpointCount);
    more[2] = 9;
    assert_eq!(refused(&more), NoInterface);
    more[2] = 0;
    more[3] = 0xFF;
    assert_eq!(refused(&more), Truncated);

    // Bytes after the configuration are not looked at.
    let mut tail = loopback();
    tail.extend([0; 7]);
    assert!(Configuration::parse(&tail).is_ok());
}

#[test]
fn truncated_anywhere() {
    for length in 0..loopback().len() {
        assert_eq!(refused(&loopback()[..length]), Truncated, "{length}");
    }
}

#[test]
fn numbers_of_interfaces() {
    let many = |count: u8| configuration(&(0..count).map(|n| interface(n, 0, 0)).collect::<Vec<_>>());
    assert_eq!(Configuration::parse(&many(32)).unwrap().interfaces().len(), 32);
    assert_eq!(refused(&many(33)), TooManyInterfaces);
    assert_eq!(refused(&many(255)), TooManyInterfaces);
    assert_eq!(refused(&many(0)), NoInterface);
}

#[test]
fn interfaces_that_cannot_be() {
    assert_eq!(refused(&configuration(&[interface(0, 0, 0), interface(0, 0, 0)])), DuplicateInterface);
    assert_eq!(refused(&configuration(&[interface(0, 0, 0), interface(1, 1, 0)])), NoAlternateZero);
    assert_eq!(refused(&configuration(&[interface(0, 1, 0)])), NoAlternateZero);
    assert_eq!(
        refused(&configuration(&[endpoint(0x81, 2, 512), interface(0, 0, 1)])),
        EndpointOutsideInterface
    );
}

#[test]
fn endpoint_counts() {
    let two = |promised| {
        configuration(&[interface(0, 0, promised), endpoint(0x81, 2, 512), endpoint(0x02, 2, 512)])
    };
    assert_eq!(refused(&two(1)), EndpointCount);
    assert_eq!(refused(&two(3)), EndpointCount);
    assert_eq!(refused(&configuration(&[interface(0, 0, 1), interface(1, 0, 0)])), EndpointCount);
    assert_eq!(
        refused(&configuration(&[interface(0, 0, 0), interface(0, 1, 0), endpoint(0x81, 2, 512)])),
        EndpointCount
    );
}

#[test]
fn endpoints_that_cannot_be() {
    let one =
        |address, attributes, size| configuration(&[interface(0, 0, 1), endpoint(address, attributes, size)]);
    for address in [0x00, 0x80, 0x11, 0x91, 0xF1] {
        assert_eq!(refused(&one(address, 2, 512)), EndpointAddress, "{address:#x}");
    }
    for attributes in [0, 2, 3] {
        assert_eq!(refused(&one(0x81, attributes, 0)), PacketSize);
        assert_eq!(refused(&one(0x81, attributes, 0x800)), PacketSize);
        assert_eq!(refused(&one(0x81, attributes, 1025)), PacketSize);
    }
    assert!(Configuration::parse(&one(0x81, 1, 0)).is_ok(), "isochronous without bandwidth");
    assert!(Configuration::parse(&one(0x81, 3, 0x1400)).is_ok(), "three transactions of 1024 bytes");
    let twice = [interface(0, 0, 1), endpoint(0x81, 2, 64), interface(1, 0, 1), endpoint(0x81, 2, 64)];
    assert_eq!(refused(&configuration(&twice)), DuplicateEndpoint);
    let mut short = one(0x81, 2, 512);
    short[18] = 6;
    assert_eq!(refused(&short), LengthTooSmall);
}

#[test]
fn statuses() {
    use usbclient_core::status::{
        STATUS_DEVICE_CONFIGURATION_ERROR, STATUS_DEVICE_PROTOCOL_ERROR, STATUS_INVALID_PARAMETER, Status,
    };
    for refusal in [Truncated, LengthTooSmall, PastTheEnd, WrongType, OddLength] {
        assert_eq!(Status::from(refusal), STATUS_DEVICE_PROTOCOL_ERROR, "{refusal:?}");
    }
    for refusal in [
        NoPacketSize0,
        NoInterface,
        TooManyInterfaces,
        DuplicateInterface,
        NoAlternateZero,
        EndpointOutsideInterface,
        EndpointCount,
        EndpointAddress,
        DuplicateEndpoint,
        PacketSize,
        Companion,
        CapabilityCount,
    ] {
        assert_eq!(Status::from(refusal), STATUS_DEVICE_CONFIGURATION_ERROR, "{refusal:?}");
    }
    assert_eq!(Status::from(NoSuchSetting), STATUS_INVALID_PARAMETER);
}

#[test]
fn thirty_endpoints() {
    let addresses = (1..16).flat_map(|n| [n, 0x80 | n]);
    let mut parts = vec![interface(0, 0, 30)];
    parts.extend(addresses.map(|address| endpoint(address, 2, 64)));
    assert_eq!(Configuration::parse(&configuration(&parts)).unwrap().endpoints().len(), 30);
}

/// A configuration that an honest device could have.
fn honest() -> impl Strategy<Value = Vec<u8>> {
    let interfaces = prop::collection::btree_set(any::<u8>(), 1..=32);
    let addresses = prop::collection::btree_set((1..16_u8, any::<bool>()), 0..=30);
    (interfaces, addresses, any::<u8>()).prop_map(|(numbers, addresses, seed)| {
        let numbers = numbers.into_iter().collect::<Vec<_>>();
        let endpoints =
            addresses.into_iter().map(|(n, is_in)| n | if is_in { 0x80 } else { 0 }).collect::<Vec<_>>();
        let share = endpoints.len().div_ceil(numbers.len()).max(1);
        let mut chunks = endpoints.chunks(share);
        let mut parts = Vec::new();
        for number in numbers {
            let own = chunks.next().unwrap_or_default();
            parts.push(interface(number, 0, u8::try_from(own.len()).unwrap()));
            for (at, address) in own.iter().enumerate() {
                parts.push(endpoint(*address, 2 + (seed & 1), 8 << (at & 7)));
            }
            parts.push(vec![3, 0x24, seed]);
        }
        configuration(&parts)
    })
}

proptest! {
    #[test]
    fn honest_ones_are_accepted(bytes in honest()) {
        let parsed = Configuration::parse(&bytes).unwrap();
        prop_assert!(!parsed.interfaces().is_empty());
        for interface in parsed.interfaces() {
            prop_assert_eq!(bytes[usize::from(interface.offset) + 2], interface.number);
        }
        let promised: usize = parsed.interfaces().iter().map(|i| usize::from(i.endpoint_count)).sum();
        prop_assert_eq!(promised, parsed.endpoints().len());
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Configuration::parse(&bytes);
        let _ = DeviceDescriptor::parse(&bytes);
    }

    /// What a hostile device does to an honest descriptor: some bytes changed, cut anywhere.
    #[test]
    fn damaged_ones_are_refused_or_sound(
        mut bytes in honest(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(parsed) = Configuration::parse(&bytes) {
            prop_assert!(usize::from(parsed.total_length()) <= bytes.len());
            for endpoint in parsed.endpoints() {
                prop_assert!(parsed.interfaces().iter().any(|i| i.number == endpoint.interface));
            }
        }
    }
}
