//! Binary device object stores.

use proptest::prelude::*;
use usbclient_core::descriptors::{
    Bos, BosHeader, Capability,
    Refusal::{self, *},
};

/// A store with a true `wTotalLength`.
fn store(count: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let [low, high] = u16::try_from(5 + body.len()).unwrap().to_le_bytes();
    let mut bytes = vec![5, 0x0F, low, high, count];
    bytes.extend(body);
    bytes
}

fn refused(bytes: &[u8]) -> Refusal {
    Bos::parse(bytes).unwrap_err()
}

const EXTENSION: &[u8] = &[7, 0x10, 2, 6, 0, 0, 0x80];
const SUPER_SPEED: &[u8] = &[10, 0x10, 3, 2, 0x0E, 0, 1, 10, 0xFF, 7];
const CONTAINER: &[u8] = &[20, 0x10, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const PLATFORM: &[u8] = &[22, 0x10, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0xAA, 0xBB];
const UUID: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

#[test]
fn capabilities() {
    let other = [4, 0x10, 0x0A, 9];
    let bytes = store(5, &[EXTENSION, SUPER_SPEED, &[3, 0x24, 0], CONTAINER, PLATFORM, &other]);
    let found = Bos::parse(&bytes).unwrap().capabilities().collect::<Vec<_>>();
    let super_speed = Capability::SuperSpeed {
        attributes: 2,
        speeds: 0x0E,
        full_function_speed: 1,
        u1_exit_latency: 10,
        u2_exit_latency: 0x7FF,
    };
    assert_eq!(
        found,
        [
            Capability::Usb2Extension { attributes: 0x8000_0006 },
            super_speed,
            Capability::ContainerId(UUID),
            Capability::Platform { uuid: UUID, data: &[0xAA, 0xBB] },
            Capability::Other { kind: 0x0A, data: &[9] },
        ]
    );
    assert_eq!(Bos::parse(&store(0, &[])).unwrap().capabilities().count(), 0);
}

#[test]
fn headers() {
    let good = store(0, &[]);
    assert_eq!(BosHeader::parse(&good), Ok(BosHeader { total_length: 5, capability_count: 0 }));
    assert_eq!(BosHeader::parse(&good[..4]), Err(Truncated));
    for (at, value, refusal) in
        [(0, 4, LengthTooSmall), (0, 0, LengthTooSmall), (1, 2, WrongType), (2, 4, LengthTooSmall)]
    {
        let mut bytes = good.clone();
        bytes[at] = value;
        assert_eq!(BosHeader::parse(&bytes), Err(refusal));
        assert_eq!(refused(&bytes), refusal);
    }
}

#[test]
fn lies() {
    for count in [0, 1, 3, 255] {
        assert_eq!(refused(&store(count, &[EXTENSION, SUPER_SPEED])), CapabilityCount);
    }
    for whole in [EXTENSION, SUPER_SPEED, CONTAINER, PLATFORM] {
        let least = if whole == PLATFORM { 20 } else { whole.len() };
        for length in 2..least {
            let mut cut = whole[..length].to_vec();
            cut[0] = u8::try_from(length).unwrap();
            assert_eq!(refused(&store(1, &[&cut])), LengthTooSmall, "{length}");
        }
        let mut past = whole.to_vec();
        past[0] += 1;
        assert_eq!(refused(&store(1, &[&past])), PastTheEnd);
        past[0] = 1;
        assert_eq!(refused(&store(1, &[&past])), LengthTooSmall);
    }
    let mut bytes = store(1, &[EXTENSION]);
    bytes[3] = 1;
    assert_eq!(refused(&bytes), Truncated);
    bytes[3] = 0;
    bytes[0] = 13;
    assert_eq!(refused(&bytes), PastTheEnd);
}

proptest! {
    #[test]
    fn no_bytes_panic(
        count in any::<u8>(),
        parts in prop::collection::vec((0_u8..24, 0_u8..7, prop::collection::vec(any::<u8>(), 24)), 0..6),
    ) {
        let parts = parts.into_iter().map(|(length, kind, mut bytes)| {
            bytes[0] = length;
            bytes[1] = 0x10;
            bytes[2] = kind;
            bytes.truncate(usize::from(length));
            bytes
        });
        let body = parts.collect::<Vec<_>>();
        let bytes = store(count, &body.iter().map(Vec::as_slice).collect::<Vec<_>>());
        if let Ok(found) = Bos::parse(&bytes) {
            prop_assert_eq!(found.capabilities().count(), usize::from(count));
        }
    }
}
