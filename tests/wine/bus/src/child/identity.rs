//! The identifiers of a device, as the hub driver makes them from its descriptors.
//!
//! Page: [Standard USB identifiers](https://learn.microsoft.com/windows-hardware/drivers/install/standard-usb-identifiers)

use alloc::{format, string::String, vec::Vec};

use usb_models::DeviceModel;
use wdk_sys::_BUS_QUERY_ID_TYPE::{
    BusQueryCompatibleIDs, BusQueryContainerID, BusQueryDeviceID, BusQueryHardwareIDs, BusQueryInstanceID,
};

use crate::usb::parse;

/// What the identifiers are made of.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    vendor: u16,
    product: u16,
    revision: u16,
    /// Class, subclass and protocol of the first interface.
    class: Option<[u8; 3]>,
}

impl Identity {
    /// From the descriptors.
    pub fn of(model: &dyn DeviceModel) -> Self {
        let descriptor = model.device_descriptor();
        let number = |at: usize| {
            descriptor.get(at..).and_then(<[u8]>::first_chunk::<2>).map_or(0, |two| u16::from_le_bytes(*two))
        };
        let first = model.configuration_descriptor(0).and_then(|bytes| parse::interfaces(bytes).next());
        Self {
            vendor: number(8),
            product: number(10),
            revision: number(12),
            class: first.map(|(_, interface)| [interface.class, interface.subclass, interface.protocol]),
        }
    }

    /// The answer to `IRP_MN_QUERY_ID`, with its ending zero or zeros. None: another type.
    pub fn answer(self, number: u32, kind: u32) -> Option<Vec<u16>> {
        let Self { vendor, product, revision, class } = self;
        let id = format!("USB\\VID_{vendor:04X}&PID_{product:04X}");
        let strings = match kind {
            BusQueryDeviceID => return Some(single(&id)),
            BusQueryInstanceID => return Some(single(&format!("{number}"))),
            BusQueryContainerID => return Some(single(&container(number))),
            BusQueryHardwareIDs => [format!("{id}&REV_{revision:04X}"), id].into_iter().collect(),
            BusQueryCompatibleIDs => class.map_or_else(Vec::new, compatible),
            _ => return None,
        };
        let mut text: Vec<u16> = strings.iter().flat_map(|string| single(string)).collect();
        text.push(0);
        Some(text)
    }
}

/// Each device is a container of its own.
fn container(number: u32) -> String {
    format!("{{5A6B10B2-3C1E-4C8E-9D5B-0000{number:08X}}}")
}

fn compatible([class, subclass, protocol]: [u8; 3]) -> Vec<String> {
    let class = format!("USB\\Class_{class:02X}");
    let both = format!("{class}&SubClass_{subclass:02X}");
    [format!("{both}&Prot_{protocol:02X}"), both, class].into_iter().collect()
}

/// Text with its ending zero.
pub fn single(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
