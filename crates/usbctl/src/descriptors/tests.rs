//! Decoders against what is legal, and against what nobody should send.

use proptest::prelude::*;

use super::{Asked, bos, configuration, device, qualifier, reader::Texts, section::Section};
use crate::{output, speed::Speed};

/// A device that has a text for every index and gives the same report descriptor.
struct Willing(Vec<u8>);

impl Texts for Willing {
    fn text(&mut self, index: u8) -> Option<String> {
        Some(format!("text {index}"))
    }
}

impl Asked for Willing {
    fn report(&mut self, _: u8, _: u16) -> Option<Vec<u8>> {
        Some(self.0.clone())
    }
}

/// The text without styles.
fn shown(section: &Section) -> String {
    anstream::adapter::strip_str(&output::render::section(section)).to_string()
}

fn decode(bytes: &[u8], speed: Speed) -> Section {
    configuration(bytes, speed, &mut Willing(MOUSE.to_vec()))
}

/// A configuration of these descriptors, with the right total.
fn whole(interfaces: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![9, 2, 0, 0, interfaces, 1, 0, 0x80, 50];
    bytes.extend(parts.iter().flat_map(|part| part.iter()));
    let total = u16::try_from(bytes.len()).expect("short").to_le_bytes();
    bytes[2..4].copy_from_slice(&total);
    bytes
}

fn interface(endpoints: u8, class: [u8; 3]) -> Vec<u8> {
    let [class, subclass, protocol] = class;
    vec![9, 4, 0, 0, endpoints, class, subclass, protocol, 0]
}

/// All titles, and a problem where there is one.
fn titles(section: &Section) -> Vec<String> {
    let problems = section.problems.iter().map(|problem| format!("! {problem}"));
    let own = std::iter::once(section.title.clone()).chain(problems);
    own.chain(section.children.iter().flat_map(titles)).collect()
}

/// The report descriptor of the boot mouse (HID 1.11, E.10).
const MOUSE: &[u8] = &[
    0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00, 0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15,
    0x00, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05, 0x81, 0x01, 0x05, 0x01,
    0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x02, 0x81, 0x06, 0xC0, 0xC0,
];

#[test]
fn a_mouse() {
    let hid = [9, 0x21, 0x11, 0x01, 0x29, 1, 0x22, 50, 0];
    let bytes = whole(1, &[&interface(1, [3, 1, 2]), &hid, &[7, 5, 0x81, 3, 4, 0, 10]]);
    insta::assert_snapshot!(shown(&decode(&bytes, Speed::Low)));
}

#[test]
fn a_serial_adapter() {
    let bytes = whole(
        2,
        &[
            &[8, 11, 0, 2, 2, 2, 1, 0],
            &interface(1, [2, 2, 1]),
            &[5, 0x24, 0x00, 0x20, 0x01],
            &[5, 0x24, 0x01, 0x03, 1],
            &[4, 0x24, 0x02, 0x06],
            &[5, 0x24, 0x06, 0, 1],
            &[13, 0x24, 0x0F, 5, 0, 0, 0, 0, 0xEA, 5, 0, 0, 0],
            &[6, 0x24, 0x1A, 0, 1, 0x11],
            &[12, 0x24, 0x1B, 0, 1, 0, 2, 16, 0x40, 0, 8, 0x20],
            &[7, 5, 0x82, 3, 16, 0, 8],
            &[9, 4, 1, 0, 2, 10, 0, 0, 0],
            &[7, 5, 0x01, 2, 0, 2, 0],
            &[7, 5, 0x81, 2, 0, 2, 0],
        ],
    );
    insta::assert_snapshot!(shown(&decode(&bytes, Speed::High)));
}

#[test]
fn audio_of_both_versions() {
    let one = whole(
        1,
        &[
            &interface(0, [1, 1, 0]),
            &[9, 0x24, 1, 0, 1, 30, 0, 1, 1],
            &[12, 0x24, 2, 1, 0x01, 0x01, 0, 2, 3, 0, 0, 0],
            &[10, 0x24, 6, 2, 1, 1, 1, 2, 2, 0],
            &[9, 0x24, 3, 3, 0x01, 0x03, 0, 2, 0],
            &[9, 4, 1, 0, 1, 1, 2, 0, 0],
            &[7, 0x24, 1, 1, 1, 1, 0],
            &[14, 0x24, 2, 1, 2, 2, 16, 2, 0x44, 0xAC, 0, 0x80, 0xBB, 0],
            &[9, 5, 1, 9, 192, 0, 1, 0, 0],
            &[7, 0x25, 1, 1, 1, 5, 0],
        ],
    );
    let mut text = shown(&decode(&one, Speed::Full));
    let two = whole(
        1,
        &[
            &interface(0, [1, 1, 0x20]),
            &[9, 0x24, 1, 0, 2, 1, 60, 0, 0],
            &[8, 0x24, 0x0A, 9, 3, 7, 0, 0],
            &[17, 0x24, 2, 1, 1, 1, 0, 9, 2, 3, 0, 0, 0, 0, 0, 0, 0],
            &[18, 0x24, 6, 2, 1, 15, 0, 0, 0, 12, 0, 0, 0, 12, 0, 0, 0, 0],
            &[12, 0x24, 3, 3, 1, 3, 0, 2, 9, 0, 0, 0],
            &[9, 4, 1, 0, 0, 1, 2, 0x20, 0],
            &[16, 0x24, 1, 1, 0, 1, 1, 0, 0, 0, 2, 3, 0, 0, 0, 0],
            &[6, 0x24, 2, 1, 4, 24],
        ],
    );
    text += &shown(&decode(&two, Speed::High));
    insta::assert_snapshot!(text);
}

#[test]
fn a_camera() {
    let yuy2 = [
        27, 0x24, 4, 1, 1, b'Y', b'U', b'Y', b'2', 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71, 16,
        1, 0, 0, 0, 0,
    ];
    let frame = [
        30, 0x24, 5, 1, 0, 0x80, 2, 0xE0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0x60, 9, 0, 0x15, 0x16, 5, 0, 1,
        0x15, 0x16, 5, 0,
    ];
    let bytes = whole(
        2,
        &[
            &interface(1, [0x0E, 1, 0]),
            &[13, 0x24, 1, 0x10, 1, 60, 0, 0, 0x6C, 0xDC, 2, 1, 1],
            &[18, 0x24, 2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0x0E, 0, 0],
            &[11, 0x24, 5, 2, 1, 0, 0, 2, 0x3F, 0, 0],
            &[9, 0x24, 3, 3, 1, 1, 0, 2, 0],
            &[7, 5, 0x83, 3, 16, 0, 8],
            &[5, 0x25, 3, 16, 0],
            &[9, 4, 1, 0, 0, 0x0E, 2, 0, 0],
            &[14, 0x24, 1, 1, 90, 0, 0x81, 0, 3, 0, 0, 0, 1, 0],
            &yuy2,
            &frame,
            &[6, 0x24, 0x0D, 1, 1, 4],
        ],
    );
    insta::assert_snapshot!(shown(&decode(&bytes, Speed::High)));
}

#[test]
fn what_a_superspeed_device_can_do() {
    let bytes = [
        5, 15, 92, 0, 5, // header
        7, 16, 2, 0x1E, 0x21, 0, 0, // USB 2.0 extension
        10, 16, 3, 2, 14, 0, 1, 10, 0xFF, 7, // SuperSpeed
        20, 16, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, // container
        28, 16, 5, 0, 0xDF, 0x60, 0xDD, 0xD8, 0x89, 0x45, 0xC7, 0x4C, 0x9C, 0xD2, 0x65, 0x9D, 0x9E, 0x64,
        0x8A, 0x9F, 0, 0, 3, 6, 0x2E, 0, 0x20, 0, // Microsoft OS 2.0
        20, 16, 10, 0, 1, 0, 0, 0, 0, 0x11, 0, 0, 0x30, 0x40, 10, 0, 0xB0, 0x40, 10,
        0, // SuperSpeedPlus
        2, 99, // no capability
    ];
    insta::assert_snapshot!(shown(&bos(&bytes, &mut Willing(Vec::new()))));
}

#[test]
fn a_qualifier_and_a_device_that_ends_early() {
    let qualifier = qualifier(&[10, 6, 0, 2, 0xEF, 2, 1, 64, 1, 0]);
    let device = device(&[18, 1, 0, 2, 255, 0, 0, 64, 0x09, 0x12], &mut Willing(Vec::new()));
    insta::assert_snapshot!(shown(&qualifier) + &shown(&device));
}

#[test]
fn lies_are_told() {
    let short = whole(1, &[&interface(2, [0xFF, 0, 0]), &[7, 5, 1, 2, 0, 2, 0]]);
    assert!(
        titles(&decode(&short, Speed::High)).iter().any(|t| t == "! bNumEndpoints is 2, but there are 1")
    );
    let endless = whole(1, &[&[0, 4, 0, 0, 0, 255, 0, 0, 0]]);
    assert!(titles(&decode(&endless, Speed::High)).iter().any(|t| t.starts_with("! bLength is 0")));
    let past = whole(1, &[&[255, 5, 1, 2, 0, 2, 0]]);
    assert!(titles(&decode(&past, Speed::High)).iter().any(|t| t.contains("but only 7 bytes left")));
    let nothing = decode(&[], Speed::High);
    assert!(titles(&nothing).iter().any(|t| t.contains("no bytes of it")));
}

#[test]
fn a_report_descriptor_that_breaks_off() {
    let section = super::class::hid_report::report(&[0xA1, 0x01, 0xA1, 0x00, 0x27, 1], 7);
    let problems = [
        "the HID descriptor says that it has 7",
        "the last item ends after 2 bytes",
        "2 collections not ended",
    ];
    assert_eq!(section.problems, problems);
    let closing = super::class::hid_report::report(&[0xC0], 1);
    assert_eq!(closing.problems, ["a collection ends that did not begin"]);
}

/// Descriptors whose lengths are mostly right, of types and subtypes that decoders look at.
fn descriptors() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![
        4 => Just(4_u8), 2 => Just(5), 1 => Just(0x0B), 2 => Just(0x21), 8 => Just(0x24), 4 => Just(0x25),
        1 => Just(0x30), 1 => Just(0x31), 1 => any::<u8>(),
    ];
    let one = (
        kind,
        prop::collection::vec(any::<u8>(), 0..40),
        prop::option::weighted(0.05, any::<u8>()),
        0..24_u8,
    );
    prop::collection::vec(one, 0..24).prop_map(|parts| {
        let class =
            [[1, 1, 0], [1, 2, 0x20], [1, 3, 0], [2, 2, 1], [3, 1, 2], [8, 6, 0x62], [14, 1, 0], [14, 2, 1]];
        let mut bytes = vec![9, 2, 0, 0, 1, 1, 0, 0x80, 50];
        for (index, (kind, mut body, length, subtype)) in parts.into_iter().enumerate() {
            match kind {
                4 => {
                    let [a, b, c] = class[(index + usize::from(subtype)) % class.len()];
                    body = vec![0, 0, 1, a, b, c, 0];
                }
                0x24 | 0x25 if !body.is_empty() => body[0] = subtype,
                _ => {}
            }
            let right = u8::try_from(body.len() + 2).unwrap_or(u8::MAX);
            bytes.extend([length.unwrap_or(right), kind]);
            bytes.extend(body);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_to_the_end(bytes in prop::collection::vec(any::<u8>(), 0..512), report in prop::collection::vec(any::<u8>(), 0..128)) {
        for speed in [Speed::Low, Speed::Full, Speed::High, Speed::Super] {
            let section = configuration(&bytes, speed, &mut Willing(report.clone()));
            prop_assert!(!shown(&section).is_empty());
        }
        let mut willing = Willing(report);
        shown(&bos(&bytes, &mut willing));
        shown(&device(&bytes, &mut willing));
        shown(&qualifier(&bytes));
    }

    #[test]
    fn descriptors_with_edits_are_decoded_to_the_end(bytes in descriptors(), report in prop::collection::vec(any::<u8>(), 0..128)) {
        let section = configuration(&bytes, Speed::High, &mut Willing(report));
        let json = serde_json::to_value(&section).expect("a section is JSON");
        prop_assert!(json["title"].is_string());
        // Every descriptor is there, or what could not be read is.
        prop_assert_eq!(total(&section), bytes.len());
        shown(&section);
    }
}

/// Bytes of a section and of what is in it; report descriptors are not part of the configuration.
fn total(section: &Section) -> usize {
    let own = if section.title.starts_with("Report descriptor") { 0 } else { section.bytes.len() };
    own + section.children.iter().map(total).sum::<usize>()
}
