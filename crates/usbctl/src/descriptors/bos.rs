//! The binary device object store and its capabilities (USB 3.2, 9.6.2).

use super::{
    device::{byte, word},
    reader::{Reader, Texts, uuid_text},
    section::Section,
    walk::{Step, Walk},
};
use crate::names::{self, ClassTriple};

const CAPABILITY: u8 = 0x10;
const SPEEDS: &[(u64, &str)] = &[(1, "low"), (2, "full"), (4, "high"), (8, "5 Gbit/s")];

/// Capabilities whose data nobody reads here.
const OTHER_NAMES: &[(u8, &str)] = &[
    (0x01, "Wireless USB"),
    (0x07, "Battery information"),
    (0x08, "Power delivery, consumer port"),
    (0x09, "Power delivery, provider port"),
    (0x0B, "Precision time measurement"),
    (0x0C, "Wireless USB, extended"),
    (0x0E, "Authentication"),
    (0x0F, "Billboard alternate mode"),
];

/// Platforms, by their UUID as it goes over the wire.
const MICROSOFT_OS_20: [u8; 16] =
    [0xDF, 0x60, 0xDD, 0xD8, 0x89, 0x45, 0xC7, 0x4C, 0x9C, 0xD2, 0x65, 0x9D, 0x9E, 0x64, 0x8A, 0x9F];
const WEB_USB: [u8; 16] =
    [0x38, 0xB6, 0x08, 0x34, 0xA9, 0x09, 0xA0, 0x47, 0x8B, 0xFD, 0xA0, 0x76, 0x88, 0x15, 0xB6, 0x65];

/// Decodes the store with its capabilities.
pub fn bos(bytes: &[u8], texts: &mut dyn Texts) -> Section {
    let mut walk = Walk::new(bytes);
    let Some(Step::Descriptor(header)) = walk.next() else {
        let mut section = Section::new("Binary device object store");
        section.bytes = bytes.to_vec();
        section.problems.push("it cannot be read".to_owned());
        return section;
    };
    let mut reader = Reader::new("Binary device object store", header);
    let total = reader.u16("wTotalLength").count();
    let promised = reader.u8("bNumDeviceCaps").count();
    if total != bytes.len() {
        reader.problem(format!("wTotalLength is {total}, but the device gave {} bytes", bytes.len()));
    }
    let mut store = reader.finish();
    for step in walk {
        store.children.push(match step {
            Step::Descriptor(found) if found.get(1) == Some(&CAPABILITY) => capability(found, texts),
            Step::Descriptor(found) => Section::unknown(found, ""),
            Step::Broken(rest) => {
                let mut section = Section::unknown(rest, "");
                section.problems.push("its length is wrong: nothing after it can be read".to_owned());
                section
            }
        });
    }
    let found = store.children.len();
    if found != promised {
        store.problems.push(format!("bNumDeviceCaps is {promised}, but there are {found}"));
    }
    store
}

fn capability(bytes: &[u8], texts: &mut dyn Texts) -> Section {
    let kind = bytes.get(2).copied().unwrap_or_default();
    let mut reader = Reader::new("Device capability", bytes);
    reader.hex8("bDevCapabilityType");
    match kind {
        0x02 => usb_2_extension(&mut reader),
        0x03 => super_speed(&mut reader),
        0x04 => {
            reader.title("Container");
            reader.reserved(1);
            reader.uuid("ContainerID");
        }
        0x05 => platform(&mut reader),
        0x06 => power_delivery(&mut reader),
        0x0A => super_speed_plus(&mut reader),
        0x0D => billboard(&mut reader, texts),
        0x10 => configuration_summary(&mut reader),
        _ => {
            let name = OTHER_NAMES.iter().find(|(number, _)| *number == kind);
            let name = name.map_or("unknown", |(_, name)| *name);
            reader.title(format!("Capability 0x{kind:02X}: {name}"));
            reader.rest("data");
        }
    }
    reader.finish()
}

fn usb_2_extension(reader: &mut Reader<'_>) {
    reader.title("USB 2.0 extension");
    let attributes = reader.hex32("bmAttributes").flags(&[
        (1 << 1, "link power management"),
        (1 << 2, "BESL and alternate HIRD"),
        (1 << 3, "recommended baseline BESL"),
        (1 << 4, "recommended deep BESL"),
    ]);
    attributes.means(|value| {
        let baseline = (value & 1 << 3 != 0).then(|| format!("baseline BESL {}", value >> 8 & 0xF));
        let deep = (value & 1 << 4 != 0).then(|| format!("deep BESL {}", value >> 12 & 0xF));
        let texts: Vec<_> = [baseline, deep].into_iter().flatten().collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    });
}

fn super_speed(reader: &mut Reader<'_>) {
    reader.title("SuperSpeed");
    reader.hex8("bmAttributes").flags(&[(1 << 1, "latency tolerance messages")]);
    reader.hex16("wSpeedsSupported").flags(SPEEDS);
    reader.u8("bFunctionalitySupport").means(|lowest| {
        let (_, name) = SPEEDS.get(usize::try_from(lowest).ok()?)?;
        Some(format!("everything works from {name} on"))
    });
    reader.u8("bU1DevExitLat").says(|us| format!("leaves U1 within {us} µs"));
    reader.u16("wU2DevExitLat").says(|us| format!("leaves U2 within {us} µs"));
}

fn super_speed_plus(reader: &mut Reader<'_>) {
    reader.title("SuperSpeedPlus");
    reader.reserved(1);
    let attributes = reader.hex32("bmAttributes").value();
    reader.hex16("wFunctionalitySupport").says(|value| {
        let (speed, rx, tx) = (value & 0xF, value >> 8 & 0xF, value >> 12 & 0xF);
        format!("from speed {speed} on, lanes: {rx} to receive, {tx} to send")
    });
    reader.reserved(2);
    for index in 0..=attributes & 0x1F {
        if reader.left() < 4 {
            reader.problem(format!("sublink speed {index} is missing"));
            break;
        }
        reader.hex32(&format!("bmSublinkSpeedAttr[{index}]")).says(sublink_text);
    }
}

fn sublink_text(value: u64) -> String {
    let unit = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"];
    let unit = unit.get(usize::try_from(value >> 4 & 3).unwrap_or_default()).copied().unwrap_or_default();
    let direction = if value & 0x80 == 0 { "receive" } else { "send" };
    let symmetry = if value & 0x40 == 0 { "symmetric" } else { "asymmetric" };
    format!("speed {}: {} {unit}, {symmetry}, to {direction}", value & 0xF, value >> 16)
}

fn platform(reader: &mut Reader<'_>) {
    reader.reserved(1);
    let uuid = reader.uuid("PlatformCapabilityUUID");
    match uuid {
        MICROSOFT_OS_20 => {
            reader.title("Microsoft OS 2.0 platform");
            while reader.left() >= 8 {
                reader.hex32("dwWindowsVersion").means(|version| match version {
                    0x0603_0000 => Some("Windows 8.1 and later"),
                    0x0A00_0000 => Some("Windows 10 and later"),
                    _ => None,
                });
                reader.u16("wMSOSDescriptorSetTotalLength");
                reader.hex8("bMS_VendorCode");
                reader.u8("bAltEnumCode");
            }
        }
        WEB_USB => {
            reader.title("WebUSB platform");
            reader.bcd("bcdVersion");
            reader.hex8("bVendorCode");
            reader.u8("iLandingPage");
        }
        _ => {
            reader.title(format!("Platform {}", uuid_text(&uuid)));
            reader.rest("CapabilityData");
        }
    }
}

fn power_delivery(reader: &mut Reader<'_>) {
    reader.title("Power delivery");
    reader.reserved(1);
    reader.hex32("bmAttributes").flags(&[
        (1 << 1, "battery charging"),
        (1 << 2, "USB power delivery"),
        (1 << 3, "can provide power"),
        (1 << 4, "can consume power"),
        (1 << 5, "charging policy"),
        (1 << 6, "Type-C current"),
    ]);
    reader.hex16("bmProviderPorts");
    reader.hex16("bmConsumerPorts");
    reader.bcd("bcdBCVersion");
    reader.bcd("bcdPDVersion");
    reader.bcd("bcdUSBTypeCVersion");
}

fn billboard(reader: &mut Reader<'_>, texts: &mut dyn Texts) {
    reader.title("Billboard");
    reader.string("iAddtionalInfoURL", texts);
    let count = reader.u8("bNumberOfAlternateModes").value();
    reader.u8("bPreferredAlternateMode");
    reader.hex16("VCONNPower");
    reader.bytes("bmConfigured", 32);
    reader.bcd("bcdVersion");
    reader.hex8("bAdditionalFailureInfo");
    reader.reserved(1);
    for mode in 0..count {
        if reader.left() < 4 {
            break;
        }
        reader.hex16(&format!("wSVID[{mode}]")).means(|id| names::vendor(word(id)));
        reader.u8(&format!("bAlternateMode[{mode}]"));
        reader.string(&format!("iAlternateModeString[{mode}]"), texts);
    }
}

fn configuration_summary(reader: &mut Reader<'_>) {
    reader.title("Configuration summary");
    reader.bcd("bcdVersion");
    reader.u8("bConfigurationValue");
    reader.u8("bMaxPower");
    let count = reader.u8("bNumFunctions").value();
    for function in 0..count {
        if reader.left() < 3 {
            break;
        }
        let class = reader.hex8(&format!("bClass[{function}]")).byte();
        let subclass = reader.hex8(&format!("bSubClass[{function}]")).byte();
        let protocol = reader.hex8(&format!("bProtocol[{function}]"));
        protocol.says(|value| names::function(ClassTriple(class, subclass, byte(value))));
    }
}
