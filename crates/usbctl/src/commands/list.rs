//! `usbctl list`: what is there.

use serde::Serialize;
use usbclient_user::{Claimed, Device, DeviceInfo, EndpointInfo, InterfaceInfo, Properties, TransferType};

use crate::{
    cli::One,
    descriptors::{address_text, section::bcd},
    failure::Failure,
    interrupt,
    names::{self, ClassTriple},
    output::{self, safe, style},
    session::{self, Session},
    speed::Speed,
};

/// A device, as `--json` writes it.
#[derive(Debug, Serialize)]
struct Listed {
    number: usize,
    vendor_id: u16,
    product_id: u16,
    path: String,
    location: Option<String>,
    /// What usb-ids calls them.
    vendor: Option<&'static str>,
    product: Option<&'static str>,
    /// Everything that is known only when the device is open.
    #[serde(flatten)]
    opened: Option<Opened>,
    /// Why it could not be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// What an open device says.
#[derive(Debug, Serialize)]
struct Opened {
    manufacturer_string: Option<String>,
    product_string: Option<String>,
    serial_number: Option<String>,
    speed: Option<Speed>,
    usb_version: String,
    release: String,
    configuration: u8,
    configuration_count: u8,
    interfaces: Vec<ListedInterface>,
}

/// An interface with the setting that is selected.
#[derive(Debug, Serialize)]
struct ListedInterface {
    number: u8,
    setting: u8,
    setting_count: u8,
    class: u8,
    subclass: u8,
    protocol: u8,
    function: String,
    claimed: &'static str,
    endpoints: Vec<ListedEndpoint>,
}

/// An endpoint of it.
#[derive(Debug, Serialize)]
struct ListedEndpoint {
    address: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    direction: &'static str,
    max_packet_size: usize,
    packets_per_microframe: u8,
    max_burst: u8,
    max_streams: u16,
}

/// Lists the devices, or one of them.
pub fn run(session: &Session, options: &One) -> Result<(), Failure> {
    let only = options.device.as_ref().map(|selector| session.select(Some(selector))).transpose()?;
    let only = only.as_ref().map(|device| device.info().id());
    let mut listed = Vec::new();
    for (info, number) in session.devices()?.iter().zip(1..) {
        if only.is_none_or(|id| id == info.id()) {
            listed.push(look(session, info, number)?);
        }
    }
    if session.output.is_json() {
        return Ok(output::json(&serde_json::json!({ "devices": listed }))?);
    }
    let texts: Vec<_> = listed.iter().map(Listed::text).collect();
    Ok(output::text(&texts.join("\n"))?)
}

fn look(session: &Session, info: &DeviceInfo, number: usize) -> Result<Listed, Failure> {
    let opened = session.open(info).and_then(|device| Opened::of(&device));
    let (opened, problem) = match opened {
        Ok(opened) => (Some(opened), None),
        Err(failure) if interrupt::is_pressed() => return Err(failure),
        Err(failure) => (None, Some(failure.what)),
    };
    let (vendor_id, product_id) = (info.vendor_id(), info.product_id());
    Ok(Listed {
        number,
        vendor_id,
        product_id,
        path: info.id().path().to_owned(),
        location: info.location().map(str::to_owned),
        vendor: names::vendor(vendor_id),
        product: names::product(vendor_id, product_id),
        opened,
        problem,
    })
}

impl Opened {
    fn of(device: &Device) -> Result<Self, Failure> {
        let properties = interrupt::wait(device.properties())?;
        let descriptor = interrupt::wait(device.device_descriptor())?;
        let endpoints = interrupt::wait(device.endpoints())?;
        let interfaces = interrupt::wait(device.interfaces())?;
        let text = |index: Option<u8>| index.and_then(|index| session::string(device, index));
        let interfaces = interfaces.iter().map(|interface| ListedInterface::new(*interface, &endpoints));
        Ok(Self {
            manufacturer_string: text(descriptor.manufacturer_string()),
            product_string: text(descriptor.product_string()),
            serial_number: text(descriptor.serial_number_string()),
            speed: speed(&properties),
            usb_version: bcd(properties.usb_version()),
            release: bcd(properties.release()),
            configuration: properties.configuration(),
            configuration_count: properties.configuration_count(),
            interfaces: interfaces.collect(),
        })
    }

    /// What the device calls itself.
    fn name(&self) -> Option<String> {
        let parts: Vec<_> = [&self.manufacturer_string, &self.product_string].into_iter().flatten().collect();
        let name = parts.iter().map(|part| safe(part)).collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    }
}

/// The speed, if the USB driver stack says it.
pub const fn speed(properties: &Properties) -> Option<Speed> {
    match properties.speed() {
        usbclient_user::Speed::Low => Some(Speed::Low),
        usbclient_user::Speed::Full => Some(Speed::Full),
        usbclient_user::Speed::High => Some(Speed::High),
        usbclient_user::Speed::Super => Some(Speed::Super),
        _ => None,
    }
}

/// What an endpoint's type is called.
pub const fn kind(kind: TransferType) -> &'static str {
    match kind {
        TransferType::Control => "control",
        TransferType::Isochronous => "isochronous",
        TransferType::Bulk => "bulk",
        TransferType::Interrupt => "interrupt",
    }
}

/// Who has an interface.
pub const fn claimed(claimed: Claimed) -> &'static str {
    match claimed {
        Claimed::Free => "free",
        Claimed::Mine => "claimed by this program",
        Claimed::Other => "claimed by another program",
    }
}

impl ListedInterface {
    fn new(info: InterfaceInfo, endpoints: &[EndpointInfo]) -> Self {
        let triple = ClassTriple(info.class(), info.subclass(), info.protocol());
        let own = endpoints.iter().filter(|endpoint| endpoint.interface() == info.number());
        Self {
            number: info.number(),
            setting: info.alternate(),
            setting_count: info.alternate_count(),
            class: info.class(),
            subclass: info.subclass(),
            protocol: info.protocol(),
            function: names::function(triple),
            claimed: claimed(info.claimed()),
            endpoints: own.map(ListedEndpoint::new).collect(),
        }
    }

    fn title(&self) -> String {
        let setting = match self.setting_count {
            0 | 1 => String::new(),
            count => format!(", setting {} of {count}", self.setting),
        };
        format!("Interface {}: {}{setting}, {}", self.number, self.function, self.claimed)
    }
}

impl ListedEndpoint {
    const fn new(info: &EndpointInfo) -> Self {
        Self {
            address: info.address(),
            kind: kind(info.transfer_type()),
            direction: if info.is_in() { "in" } else { "out" },
            max_packet_size: info.max_packet_size(),
            packets_per_microframe: info.packets_per_microframe(),
            max_burst: info.max_burst(),
            max_streams: info.max_streams(),
        }
    }

    fn line(&self) -> String {
        let Self { packets_per_microframe, max_burst, max_streams, .. } = *self;
        let more = [
            (packets_per_microframe > 1).then(|| format!(", {packets_per_microframe} a microframe")),
            (max_burst > 0).then(|| format!(", bursts of {}", u16::from(max_burst) + 1)),
            (max_streams > 0).then(|| format!(", {max_streams} streams")),
        ];
        let more: String = more.into_iter().flatten().collect();
        let (address, kind, size) = (address_text(self.address), self.kind, self.max_packet_size);
        format!("{address:<8}  {kind:<11}  {size:>4} bytes{more}")
    }
}

impl Listed {
    /// The device as a tree.
    fn text(&self) -> String {
        let known = [self.vendor, self.product].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let own = self.opened.as_ref().and_then(Opened::name);
        let name = own.clone().unwrap_or_else(|| known.clone());
        let Self { number, vendor_id, product_id, .. } = self;
        let mut lines = vec![
            format!("{number}  {vendor_id:04x}:{product_id:04x}  {}", style::paint(style::TITLE, &name))
                .trim_end()
                .to_owned(),
        ];
        if let Some(problem) = &self.problem {
            lines.push(format!("   {}", style::paint(style::WRONG, &format!("! {}", safe(problem)))));
        }
        if let Some(opened) = &self.opened {
            let known = if own.is_some() { Some(known.as_str()) } else { None };
            lines.extend(opened.lines(known.filter(|known| !known.is_empty())));
        }
        lines.join("\n") + "\n"
    }
}

impl Opened {
    /// What comes under the first line.
    fn lines(&self, known: Option<&str>) -> Vec<String> {
        let speed = self.speed.map_or("unknown speed", Speed::shown);
        let serial = self.serial_number.as_ref().map(|serial| format!("serial number {}", safe(serial)));
        let configuration = format!("configuration {} of {}", self.configuration, self.configuration_count);
        let parts = [Some(speed.to_owned()), Some(configuration), serial];
        let mut lines = Vec::new();
        if let Some(known) = known {
            lines.push(format!("   {}", style::paint(style::DIM, known)));
        }
        lines.push(format!("   {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", ")));
        let last = self.interfaces.len();
        for (interface, place) in self.interfaces.iter().zip(1..) {
            let (branch, trunk) = if place == last { ("└─", "  ") } else { ("├─", "│ ") };
            lines.push(format!("   {branch} {}", interface.title()));
            let endpoints = interface.endpoints.iter();
            lines.extend(endpoints.map(|endpoint| format!("   {trunk}    {}", endpoint.line())));
        }
        lines
    }
}
