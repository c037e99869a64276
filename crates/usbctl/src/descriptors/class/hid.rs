//! The HID descriptor (HID 1.11, 6.2.1).

use crate::{
    descriptors::{Asked, class::hid_report, device::byte, reader::Reader, section::Section},
    names,
};

const REPORT: u8 = 0x22;
const PHYSICAL: u8 = 0x23;

/// Decodes it, and the report descriptor if the device gives it.
pub fn hid(bytes: &[u8], interface: u8, asked: &mut dyn Asked) -> Section {
    let mut reader = Reader::new("HID descriptor", bytes);
    reader.bcd("bcdHID");
    reader.u8("bCountryCode").means(|code| names::hid_country(byte(code)));
    let count = reader.u8("bNumDescriptors").value();
    let mut reports = Vec::new();
    for _ in 0..count {
        if reader.left() < 3 {
            reader.problem("a descriptor that bNumDescriptors counts is missing");
            break;
        }
        let kind = reader.hex8("bDescriptorType").means(|kind| match byte(kind) {
            REPORT => Some("report descriptor"),
            PHYSICAL => Some("physical descriptor"),
            _ => None,
        });
        let kind = kind.byte();
        let length = reader.u16("wDescriptorLength").word();
        if kind == REPORT && reports.is_empty() {
            reports.push(length);
        }
    }
    let mut section = reader.finish();
    for length in reports {
        section.children.push(asked.report(interface, length).map_or_else(
            || {
                let mut missing = Section::new("Report descriptor");
                missing.problems.push("the device does not give it".to_owned());
                missing
            },
            |report| hid_report::report(&report, length),
        ));
    }
    section
}
