//! The identifiers of a device, as the hub driver makes them from its descriptors.

use super::{
    device::Device,
    parse::{self, Interface},
};

/// `BusQueryDeviceID`
const DEVICE_ID: u32 = 0;
/// `BusQueryHardwareIDs`
const HARDWARE_IDS: u32 = 1;
/// `BusQueryCompatibleIDs`
const COMPATIBLE_IDS: u32 = 2;
/// `BusQueryInstanceID`
const INSTANCE_ID: u32 = 3;

/// The text of a `BUS_QUERY_ID_TYPE`, with its ending zero or zeros. None: another type.
pub(super) fn text(device: &Device, kind: u32) -> Option<Vec<u16>> {
    let (vendor, product, revision) = numbers(device.model.device_descriptor());
    // Page: `install/standard-usb-identifiers`, multiple-interface devices.
    let interface = device.options.function.map_or_else(String::new, |number| format!("&MI_{number:02X}"));
    let id = format!("USB\\VID_{vendor:04X}&PID_{product:04X}");
    let strings = match kind {
        DEVICE_ID => return Some(single(&format!("{id}{interface}"))),
        INSTANCE_ID => return Some(single(&format!("{}&0&{}", device.port, device.port))),
        HARDWARE_IDS => vec![format!("{id}&REV_{revision:04X}{interface}"), format!("{id}{interface}")],
        COMPATIBLE_IDS => compatible(device),
        _ => return None,
    };
    let mut text: Vec<u16> = strings.iter().flat_map(|string| single(string)).collect();
    text.push(0);
    Some(text)
}

/// The hardware IDs as a property: the bytes of their text.
pub(super) fn hardware_ids(device: &Device) -> Vec<u8> {
    text(device, HARDWARE_IDS).unwrap_or_default().into_iter().flat_map(u16::to_le_bytes).collect()
}

/// `idVendor`, `idProduct`, `bcdDevice`.
const fn numbers(descriptor: &[u8]) -> (u16, u16, u16) {
    match *descriptor {
        [_, _, _, _, _, _, _, _, v0, v1, p0, p1, d0, d1, ..] => {
            (u16::from_le_bytes([v0, v1]), u16::from_le_bytes([p0, p1]), u16::from_le_bytes([d0, d1]))
        }
        _ => (0, 0, 0),
    }
}

fn compatible(device: &Device) -> Vec<String> {
    let first = device.model.configuration_descriptor(0).and_then(|bytes| parse::interfaces(bytes, 0).next());
    let Some((_, Interface { class, subclass, protocol, .. })) = first else { return Vec::new() };
    vec![
        format!("USB\\Class_{class:02X}&SubClass_{subclass:02X}&Prot_{protocol:02X}"),
        format!("USB\\Class_{class:02X}&SubClass_{subclass:02X}"),
        format!("USB\\Class_{class:02X}"),
    ]
}

fn single(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
