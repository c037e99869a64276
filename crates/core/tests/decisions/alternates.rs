//! Alternate settings and companions, looked up in honest and hostile bytes.

use usbclient_core::descriptors::{
    Alternate, Companion, Configuration, Endpoint, Interface,
    Refusal::{self, *},
    alternate, settings, settings_of,
};

use crate::descriptors::{configuration, endpoint, interface, loopback};

fn companion(burst: u8, attributes: u8, bytes: u16) -> Vec<u8> {
    let [low, high] = bytes.to_le_bytes();
    vec![6, 0x30, burst, attributes, low, high]
}

fn isochronous_companion(bytes: u32) -> Vec<u8> {
    let mut descriptor = vec![8, 0x31, 0, 0];
    descriptor.extend(bytes.to_le_bytes());
    descriptor
}

/// Interface 1 with a bandwidth-free setting 0 and two more, and interface 7 as a storage device with streams.
fn camera() -> Vec<u8> {
    configuration(&[
        vec![8, 0x0B, 1, 1, 0x0E, 3, 0, 0],
        interface(1, 0, 0),
        vec![5, 0x24, 1, 2, 3],
        interface(1, 1, 1),
        endpoint(0x81, 5, 1024),
        companion(3, 1, 8192),
        interface(1, 4, 2),
        endpoint(0x81, 5, 1024),
        companion(15, 0x80, 1),
        isochronous_companion(147_456),
        vec![7, 0x25, 1, 0, 0, 0, 0],
        endpoint(0x01, 3, 64),
        companion(0, 0, 64),
        interface(7, 0, 1),
        endpoint(0x82, 2, 1024),
        companion(15, 4, 0),
    ])
}

fn numbers(items: impl Iterator<Item = Result<Interface, Refusal>>) -> Vec<(u8, u8)> {
    items.map(|item| item.map(|i| (i.number, i.alternate)).unwrap()).collect()
}

fn endpoints(found: Alternate<'_>) -> Vec<(u8, Option<Companion>)> {
    found.endpoints().map(|e| (e.endpoint.address, e.companion)).collect()
}

#[test]
fn every_setting_is_found() {
    let bytes = camera();
    assert_eq!(numbers(settings(&bytes)), [(1, 0), (1, 1), (1, 4), (7, 0)]);
    assert_eq!(numbers(settings_of(&bytes, 1)), [(1, 0), (1, 1), (1, 4)]);
    assert_eq!(numbers(settings_of(&bytes, 7)), [(7, 0)]);
    assert_eq!(settings_of(&bytes, 0).count(), 0);
    for setting in settings(&bytes) {
        let offset = usize::from(setting.unwrap().offset);
        assert_eq!(bytes[offset..offset + 2], [9, 4]);
    }
}

#[test]
fn settings_and_their_companions() {
    let bytes = camera();
    let zero = alternate(&bytes, 1, 0).unwrap();
    assert_eq!((zero.interface().endpoint_count, zero.endpoints().count()), (0, 0));

    let one = Companion { max_burst: 3, attributes: 1, bytes_per_interval: 8192 };
    assert_eq!(endpoints(alternate(&bytes, 1, 1).unwrap()), [(0x81, Some(one))]);
    assert_eq!((one.mult(), one.max_streams()), (1, 2));

    let plus = Companion { max_burst: 15, attributes: 0x80, bytes_per_interval: 147_456 };
    let interrupt = Companion { max_burst: 0, attributes: 0, bytes_per_interval: 64 };
    let four = alternate(&bytes, 1, 4).unwrap();
    assert_eq!(endpoints(four), [(0x81, Some(plus)), (0x01, Some(interrupt))]);
    assert_eq!(four.endpoint(0x01).unwrap().endpoint.interface, 1);
    assert_eq!(four.endpoint(0x02), None);

    let bulk = alternate(&bytes, 7, 0).unwrap().endpoint(0x82).unwrap().companion.unwrap();
    assert_eq!(bulk.max_streams(), 16);

    for (number, setting) in [(1, 2), (1, 255), (0, 0), (7, 1), (255, 0)] {
        assert_eq!(alternate(&bytes, number, setting).unwrap_err(), NoSuchSetting);
    }
    assert_eq!(Configuration::parse(&bytes).unwrap().endpoints().len(), 1);
}

#[test]
fn without_companions() {
    let bytes = loopback();
    assert_eq!(endpoints(alternate(&bytes, 0, 0).unwrap()), [(0x81, None), (0x02, None)]);
    // A companion that does not come right after its endpoint is none.
    let late =
        configuration(&[interface(0, 0, 1), endpoint(0x81, 2, 1024), vec![3, 0x24, 0], companion(99, 99, 0)]);
    assert_eq!(endpoints(alternate(&late, 0, 0).unwrap()), [(0x81, None)]);
}

#[test]
fn companions_that_cannot_be() {
    let one = |kind, parts: &[Vec<u8>]| {
        let mut all = vec![interface(0, 0, 1), endpoint(0x81, kind, 1024)];
        all.extend_from_slice(parts);
        configuration(&all)
    };
    for (kind, burst, attributes) in [(2, 16, 0), (2, 255, 0), (3, 16, 0), (1, 0, 3), (2, 0, 17), (2, 0, 31)]
    {
        let bytes = one(kind, &[companion(burst, attributes, 0)]);
        assert_eq!(alternate(&bytes, 0, 0).unwrap_err(), Refusal::Companion, "{kind} {burst} {attributes}");
        assert_eq!(Configuration::parse(&bytes), Err(Refusal::Companion));
    }
    for (kind, burst, attributes, streams) in
        [(2, 15, 16, 65536), (2, 0, 1, 2), (2, 0, 0xE0, 0), (1, 0, 2, 4)]
    {
        let bytes = one(kind, &[companion(burst, attributes, 0)]);
        let found = alternate(&bytes, 0, 0).unwrap().endpoint(0x81).unwrap().companion.unwrap();
        assert_eq!(found.max_streams(), streams);
    }
    assert_eq!(alternate(&one(2, &[vec![5, 0x30, 0, 0, 0]]), 0, 0).unwrap_err(), LengthTooSmall);
    assert_eq!(alternate(&one(2, &[vec![6, 0x30, 0, 0, 0]]), 0, 0).unwrap_err(), PastTheEnd);
    let promised = companion(0, 0x80, 0);
    assert_eq!(alternate(&one(1, std::slice::from_ref(&promised)), 0, 0).unwrap_err(), Refusal::Companion);
    let short = vec![7, 0x31, 0, 0, 0, 0, 0];
    assert_eq!(alternate(&one(1, &[promised, short]), 0, 0).unwrap_err(), LengthTooSmall);
}

#[test]
fn settings_that_cannot_be() {
    let with = |parts: &[Vec<u8>]| {
        let mut all = vec![interface(0, 0, 0)];
        all.extend_from_slice(parts);
        configuration(&all)
    };
    let cases = [
        (with(&[interface(0, 1, 1), endpoint(0x81, 2, 0)]), PacketSize),
        (with(&[interface(0, 1, 1), endpoint(0x80, 2, 64)]), EndpointAddress),
        (with(&[interface(0, 1, 2), endpoint(0x81, 2, 64), endpoint(0x81, 3, 8)]), DuplicateEndpoint),
        (with(&[interface(0, 1, 0), interface(0, 1, 0)]), DuplicateInterface),
    ];
    for (bytes, refusal) in cases {
        assert!(Configuration::parse(&bytes).is_ok(), "{refusal:?}: setting 0 can be used");
        assert_eq!(alternate(&bytes, 0, 0).map(|a| a.endpoints().count()).ok(), Some(0));
        assert_eq!(alternate(&bytes, 0, 1).unwrap_err(), refusal);
    }
    for (promised, given) in [(0, 1), (1, 2), (2, 1), (255, 1)] {
        let mut parts = vec![interface(0, 1, promised)];
        parts.extend((1..=given).map(|n| endpoint(n, 2, 64)));
        assert_eq!(alternate(&with(&parts), 0, 1).unwrap_err(), EndpointCount);
    }
}

#[test]
fn endpoints_of_two_interfaces() {
    let bytes = configuration(&[
        interface(0, 0, 0),
        interface(0, 1, 1),
        endpoint(0x81, 2, 64),
        interface(1, 0, 1),
        endpoint(0x81, 2, 64),
    ]);
    let selected = *Configuration::parse(&bytes).unwrap().endpoints().first().unwrap();
    let wanted = alternate(&bytes, 0, 1).unwrap();
    assert!(wanted.collides_with(&[selected]));
    assert!(!wanted.collides_with(&[]));
    assert!(!wanted.collides_with(&[Endpoint { address: 0x01, ..selected }]));
    assert!(!alternate(&bytes, 1, 0).unwrap().collides_with(&[selected]), "its own");
}

#[test]
fn bytes_that_are_no_descriptors() {
    for (bytes, refusal) in [
        (&[][..], Truncated),
        (&[9, 2, 10, 0, 1, 1, 0, 0, 0], Truncated),
        (&[9, 4, 9, 0, 1, 1, 0, 0, 0], WrongType),
        (&[9, 2, 10, 0, 1, 1, 0, 0, 0, 0], LengthTooSmall),
        (&[10, 2, 9, 0, 1, 1, 0, 0, 0], PastTheEnd),
    ] {
        let items = settings(bytes).collect::<Vec<_>>();
        assert_eq!(items, [Err(refusal)], "once, then nothing");
        assert_eq!(alternate(bytes, 0, 0).unwrap_err(), refusal);
    }
    let early = configuration(&[endpoint(0x81, 2, 64), interface(0, 0, 0)]);
    assert_eq!(settings(&early).collect::<Vec<_>>(), [Err(EndpointOutsideInterface)]);
    let mut broken = loopback();
    broken[18] = 0;
    // The interface is there; what follows is not.
    assert_eq!(
        settings(&broken).map(|item| item.map(|i| i.number)).collect::<Vec<_>>(),
        [Ok(0), Err(LengthTooSmall)]
    );
}

#[test]
fn periods_and_transactions() {
    let with = |interval, max_packet_size| Endpoint { interval, max_packet_size, ..Endpoint::default() };
    for (interval, period) in [(0, 1), (1, 1), (4, 8), (16, 32768), (17, 32768), (255, 32768)] {
        assert_eq!(with(interval, 64).period(), period, "{interval}");
    }
    for (bits, transactions) in [(0, 1), (1, 2), (2, 3), (3, 1)] {
        let endpoint = with(1, 1024 | (bits << 11));
        assert_eq!((endpoint.transactions(), endpoint.packet_size()), (transactions, 1024));
    }
}

/// As many descriptors as 65535 bytes have room for: the look-ups end, and soon.
#[test]
fn the_largest_descriptor() {
    let mut parts = vec![interface(0, 0, 0)];
    parts.extend((0..7279_u32).map(|n| interface(0, 1 + u8::try_from(n % 255).unwrap(), 0)));
    let bytes = configuration(&parts);
    assert_eq!(settings(&bytes).count(), 7280);
    assert!(Configuration::parse(&bytes).is_ok());
    assert_eq!(alternate(&bytes, 0, 255).unwrap_err(), DuplicateInterface);
    let filler = vec![vec![2, 0]; 32_750];
    let bytes = configuration(&[vec![interface(0, 0, 0)], filler].concat());
    assert!(alternate(&bytes, 0, 0).is_ok());
}
