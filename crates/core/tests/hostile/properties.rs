//! The checks on bytes that are nearly right. `PROPTEST_CASES` says how many of each: 256 if it is not set.

use proptest::{
    prelude::*,
    sample::{Index, select},
};
use usbclient_protocol::{Layout, control_code::TABLE};

use crate::checks::{
    self,
    request::{UNKNOWN, function},
};

fn check(target: &str, bytes: &[u8]) {
    let (_, check) = checks::ALL.iter().find(|(name, _)| *name == target).expect("a check of this name");
    check(bytes);
}

/// A descriptor of this kind and size: anything, but mostly small numbers, and at times cut short.
fn part(kinds: &'static [(u8, usize)]) -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![20 => Just(None), 1 => (0..32_u8).prop_map(Some)];
    (select(kinds), any::<[u128; 2]>(), length).prop_map(|((kind, size), fields, lie)| {
        let length = lie.unwrap_or_else(|| u8::try_from(size).unwrap_or(u8::MAX));
        let fields = fields.into_iter().flat_map(u128::to_le_bytes).map(mostly_small);
        let mut bytes = vec![length, kind];
        bytes.extend(fields.take(size.saturating_sub(2)));
        bytes
    })
}

const fn mostly_small(byte: u8) -> u8 {
    match byte {
        0..0x60 => byte & 3,
        0x60..0x80 => 0x40,
        0x80..0xA0 => 0x80 | (byte & 0x0F),
        _ => byte,
    }
}

/// Descriptors behind a header whose total length is true, but for `lie`.
fn store(header: &[u8], parts: &[Vec<u8>], lie: i16) -> Vec<u8> {
    let mut bytes = header.to_vec();
    bytes.extend(parts.concat());
    let total = u16::try_from(bytes.len()).unwrap_or(u16::MAX).wrapping_add_signed(lie);
    bytes[2..4].copy_from_slice(&total.to_le_bytes());
    bytes
}

fn lie() -> impl Strategy<Value = i16> {
    prop_oneof![20 => Just(0_i16), 1 => -12..12_i16]
}

fn configurations() -> impl Strategy<Value = Vec<u8>> {
    const KINDS: &[(u8, usize)] =
        &[(4, 9), (4, 9), (5, 7), (5, 7), (5, 9), (0x30, 6), (0x31, 8), (0x0B, 8), (0x24, 5), (2, 9)];
    (prop::collection::vec(part(KINDS), 0..24), lie())
        .prop_map(|(parts, lie)| store(&[9, 2, 0, 0, 1, 1, 0, 0x80, 50], &parts, lie))
}

/// A configuration whose counts are those of its endpoints: mostly accepted.
fn good_configurations() -> impl Strategy<Value = Vec<u8>> {
    let endpoint =
        (1..16_u8, any::<bool>(), any::<u8>(), select(&[0_u16, 8, 64, 512, 1024][..]), any::<u8>());
    let companion = prop::option::of((0..17_u8, any::<u8>(), any::<u16>()));
    let endpoints = prop::collection::vec((endpoint, companion), 0..4);
    prop::collection::vec((0..4_u8, 0..3_u8, endpoints), 1..12).prop_map(|settings| {
        let mut parts = Vec::new();
        for (number, alternate, endpoints) in settings {
            let count = u8::try_from(endpoints.len()).unwrap_or(u8::MAX);
            parts.push(vec![9, 4, number, alternate, count, 0xFF, 0, 0, 0]);
            for ((number, is_in, attributes, size, interval), companion) in endpoints {
                let [low, high] = size.to_le_bytes();
                let address = number | if is_in { 0x80 } else { 0 };
                parts.push(vec![7, 5, address, attributes & 0x3F, low, high, interval]);
                if let Some((burst, attributes, bytes)) = companion {
                    let [low, high] = bytes.to_le_bytes();
                    parts.push(vec![6, 0x30, burst, attributes, low, high]);
                }
            }
        }
        store(&[9, 2, 0, 0, 1, 1, 0, 0x80, 50], &parts, 0)
    })
}

fn stores() -> impl Strategy<Value = Vec<u8>> {
    const KINDS: &[(u8, usize)] = &[(0x10, 7), (0x10, 10), (0x10, 20), (0x10, 28), (0x10, 3), (0x24, 4)];
    (prop::collection::vec(part(KINDS), 0..6), 0..6_u8, lie())
        .prop_map(|(parts, count, lie)| store(&[5, 0x0F, 0, 0, count], &parts, lie))
}

fn strings() -> impl Strategy<Value = Vec<u8>> {
    let unit = prop_oneof![any::<u16>(), 0xD700..0xE100_u16, 0x20..0x7F_u16];
    let lie = prop_oneof![20 => Just(0_i8), 1 => any::<i8>()];
    (prop::collection::vec(unit, 0..127), lie).prop_map(|(units, lie)| {
        let length = u8::try_from(2 + 2 * units.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![length.wrapping_add_signed(lie), 3];
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        bytes
    })
}

/// Numbers that mean something to some field.
fn number() -> impl Strategy<Value = u32> {
    const MEANS: &[u32] = &[
        0,
        1,
        2,
        7,
        64,
        192,
        512,
        1024,
        4096,
        4097,
        0x81,
        0x02,
        0x83,
        0x04,
        0x85,
        0x06,
        0x87,
        0xFF,
        0x100,
        0x0001_0100,
    ];
    prop_oneof![6 => select(MEANS), 2 => 0..5000_u32, 1 => any::<u32>()]
}

/// An input of this layout: each field a number that means something, reserved ones mostly zero.
fn input(layout: Layout) -> impl Strategy<Value = Vec<u8>> {
    let values = prop::collection::vec((number(), any::<u64>(), 0..40_u8), layout.fields.len());
    let tail = prop_oneof![6 => Just(0_i8), 1 => -3..12_i8];
    (values, tail, prop::collection::vec(number(), 12)).prop_map(move |(values, tail, extra)| {
        let mut bytes = vec![0; layout.size];
        for (at, (field, (number, wide, chance))) in layout.fields.iter().zip(values).enumerate() {
            let end = layout.fields.get(at + 1).map_or(layout.size, |next| next.offset);
            let value = match chance {
                0 => wide,
                _ if field.name.starts_with("reserved") => 0,
                1..12 if field.name == "flags" => u64::from(number & 1),
                _ => u64::from(number),
            };
            let room = &mut bytes[field.offset..end];
            let count = room.len().min(8);
            room[..count].copy_from_slice(&value.to_le_bytes()[..count]);
        }
        // Longer inputs are lists of numbers after the structure.
        let length = layout.size.saturating_add_signed(isize::from(tail) * if tail < 0 { 1 } else { 4 });
        bytes.extend(extra.iter().flat_map(|number| number.to_le_bytes()));
        bytes.truncate(length);
        bytes
    })
}

/// A request of each code in the table.
fn requests() -> impl Strategy<Value = Vec<u8>> {
    (0..TABLE.len()).prop_flat_map(|at| {
        let input = TABLE[at].input.map_or_else(
            || prop_oneof![8 => Just(Vec::new()), 1 => prop::collection::vec(any::<u8>(), 1..9)].boxed(),
            |layout| prop_oneof![12 => input(layout), 1 => prop::collection::vec(any::<u8>(), 0..80)].boxed(),
        );
        (input, number()).prop_map(move |(input, output_length)| {
            let mut case = vec![function(&TABLE[at])];
            case.extend(output_length.to_le_bytes());
            case.extend(input);
            case
        })
    })
}

/// Some bytes changed, and cut anywhere.
fn damage(mut bytes: Vec<u8>, changes: &[(Index, u8)], cut: Option<Index>) -> Vec<u8> {
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len() + 1));
    }
    if !bytes.is_empty() {
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(Index, u8)>> {
    prop::collection::vec((any::<Index>(), any::<u8>()), 0..4)
}

/// What finds the code of a case again.
#[test]
fn functions_differ_in_their_low_byte() {
    let mut functions = TABLE.iter().map(function).collect::<Vec<_>>();
    functions.sort_unstable();
    functions.dedup();
    assert_eq!(functions.len(), TABLE.len());
    assert!(!functions.contains(&UNKNOWN));
}

proptest! {
    #[test]
    fn configuration_descriptors(bytes in configurations()) {
        check("configuration", &bytes);
    }

    #[test]
    fn configurations_that_may_be_good(
        bytes in good_configurations(),
        changes in changes(),
        cut in prop::option::of(any::<Index>()),
    ) {
        check("configuration", &bytes);
        check("configuration", &damage(bytes, &changes, cut));
    }

    #[test]
    fn object_stores(bytes in stores()) {
        check("bos", &bytes);
    }

    #[test]
    fn string_descriptors(bytes in strings()) {
        check("string", &bytes);
    }

    #[test]
    fn control_requests(case in requests()) {
        check("request", &case);
    }

    #[test]
    fn any_bytes_at_all(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for (_, check) in checks::ALL {
            check(&bytes);
        }
    }

    #[test]
    fn codes_that_are_not_in_the_table(code in any::<u32>(), at in any::<Index>(), flip in 0..32_u32, length in any::<u32>()) {
        let near = at.get(TABLE).value ^ (1 << flip);
        for value in [code, near] {
            let mut case = vec![UNKNOWN];
            case.extend(length.to_le_bytes());
            case.extend(value.to_le_bytes());
            check("request", &case);
        }
    }
}
