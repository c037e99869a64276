//! A configuration descriptor with everything that comes with it (USB 2.0, 9.6.3 to 9.6.6).

use super::{
    Asked, class,
    device::{byte, class_fields},
    endpoint::{self, EndpointFacts},
    reader::Reader,
    section::{Section, Value},
    walk::{Step, Walk},
};
use crate::{
    names::{self, ClassTriple},
    output::plural,
    speed::Speed,
};

const CONFIGURATION: u8 = 0x02;
const INTERFACE: u8 = 0x04;
const ENDPOINT: u8 = 0x05;
const OTHER_SPEED: u8 = 0x07;
const OTG: u8 = 0x09;
const DEBUG: u8 = 0x0A;
const ASSOCIATION: u8 = 0x0B;
const COMPANION: u8 = 0x30;
const PLUS_COMPANION: u8 = 0x31;

/// The interface that descriptors of classes belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InterfaceFacts {
    /// `bInterfaceNumber`
    pub number: u8,
    /// What it is.
    pub class: ClassTriple,
    /// `bNumEndpoints`
    pub endpoint_count: u8,
}

/// What is open while the descriptors go by.
struct Tree<'t> {
    speed: Speed,
    asked: &'t mut dyn Asked,
    configuration: Section,
    interface: Option<(Section, InterfaceFacts)>,
    endpoint: Option<(Section, EndpointFacts)>,
    endpoints_seen: u8,
    interfaces: Vec<u8>,
}

/// Decodes a configuration with its interfaces, endpoints and what is between them.
pub fn configuration(bytes: &[u8], speed: Speed, asked: &mut dyn Asked) -> Section {
    let mut walk = Walk::new(bytes);
    let header = match walk.next() {
        Some(Step::Descriptor(header)) => header,
        Some(Step::Broken(bytes)) => return broken(bytes),
        None => {
            let mut nothing = Section::new("Configuration");
            nothing.problems.push("the device gives no bytes of it".to_owned());
            return nothing;
        }
    };
    let mut tree = Tree {
        speed,
        configuration: Section::default(),
        asked,
        interface: None,
        endpoint: None,
        endpoints_seen: 0,
        interfaces: Vec::new(),
    };
    let promised = tree.header(header, bytes.len());
    for step in walk {
        match step {
            Step::Descriptor(found) => tree.take(found),
            Step::Broken(rest) => {
                tree.close_interface();
                tree.configuration.children.push(broken(rest));
            }
        }
    }
    tree.close_interface();
    let found = tree.interfaces.len();
    if found != usize::from(promised) {
        tree.configuration.problems.push(format!("bNumInterfaces is {promised}, but there are {found}"));
    }
    tree.configuration
}

/// Bytes that cannot be a descriptor, and end the reading.
fn broken(bytes: &[u8]) -> Section {
    let mut section = Section::new("Not readable");
    let length = bytes.first().copied().unwrap_or_default();
    let left = bytes.len();
    section.problems.push(match length {
        0 | 1 => format!("bLength is {length}: nothing after it can be read"),
        _ => format!("bLength is {length}, but only {} left", plural(left, "byte")),
    });
    section.bytes = bytes.to_vec();
    section.add("bytes", Value::Bytes(bytes.to_vec()), None);
    section
}

impl Tree<'_> {
    fn header(&mut self, header: &[u8], given: usize) -> u8 {
        let mut reader = Reader::new("Configuration", header);
        let total = reader.u16("wTotalLength").count();
        if total != given {
            reader.problem(format!("wTotalLength is {total}, but the device gave {}", plural(given, "byte")));
        }
        let promised = reader.u8("bNumInterfaces").byte();
        let value = reader.u8("bConfigurationValue").value();
        reader.string("iConfiguration", self.asked);
        let attributes = reader.hex8("bmAttributes");
        let attributes = attributes.flags(&[(0x40, "has power of its own"), (0x20, "can wake the computer")]);
        attributes.means(|value| (value & 0x40 == 0).then_some("powered by the bus"));
        let unit = if self.speed == Speed::Super { 8 } else { 2 };
        let power = reader.u8("bMaxPower").says(|value| format!("{} mA", value * unit)).value() * unit;
        reader.title(match header.get(1) {
            Some(&OTHER_SPEED) => format!("Configuration {value} at the other speed"),
            Some(&CONFIGURATION) => {
                format!("Configuration {value}: {}, {power} mA", plural(promised.into(), "interface"))
            }
            _ => "Configuration".to_owned(),
        });
        if !matches!(header.get(1), Some(&(CONFIGURATION | OTHER_SPEED))) {
            reader.problem("bDescriptorType is not that of a configuration");
        }
        self.configuration = reader.finish();
        promised
    }

    fn take(&mut self, found: &[u8]) {
        match found.get(1).copied().unwrap_or_default() {
            INTERFACE => self.open_interface(found),
            ENDPOINT => self.open_endpoint(found),
            ASSOCIATION => {
                self.close_interface();
                let section = association(found, self.asked);
                self.configuration.children.push(section);
            }
            COMPANION => {
                let of = self.endpoint.as_ref().map(|(_, facts)| *facts);
                self.under_endpoint(endpoint::companion(found, of));
            }
            PLUS_COMPANION => self.under_endpoint(endpoint::plus_companion(found)),
            OTG => self.under_interface(otg(found)),
            DEBUG => self.under_interface(debug(found)),
            _ => self.take_other(found),
        }
    }

    /// A descriptor of a class, or one that nobody knows.
    fn take_other(&mut self, found: &[u8]) {
        let Some(facts) = self.interface.as_ref().map(|(_, facts)| *facts) else {
            self.under_interface(Section::unknown(found, ""));
            return;
        };
        let of = self.endpoint.as_ref().map(|(_, facts)| *facts);
        let section = class::decode(found, facts, of, self.asked);
        let section = section.unwrap_or_else(|| Section::unknown(found, ""));
        if of.is_some() { self.under_endpoint(section) } else { self.under_interface(section) }
    }

    fn open_interface(&mut self, found: &[u8]) {
        self.close_interface();
        let (section, facts) = interface(found, self.asked);
        if !self.interfaces.contains(&facts.number) {
            self.interfaces.push(facts.number);
        }
        self.endpoints_seen = 0;
        self.interface = Some((section, facts));
    }

    fn open_endpoint(&mut self, found: &[u8]) {
        self.close_endpoint();
        self.endpoints_seen = self.endpoints_seen.saturating_add(1);
        self.endpoint = Some(endpoint::endpoint(found, self.speed));
    }

    fn close_endpoint(&mut self) {
        if let Some((section, _)) = self.endpoint.take() {
            self.under_interface(section);
        }
    }

    fn close_interface(&mut self) {
        self.close_endpoint();
        let Some((mut section, facts)) = self.interface.take() else { return };
        let (promised, found) = (facts.endpoint_count, self.endpoints_seen);
        if promised != found {
            section.problems.push(format!("bNumEndpoints is {promised}, but there are {found}"));
        }
        self.configuration.children.push(section);
    }

    fn under_interface(&mut self, section: Section) {
        match &mut self.interface {
            Some((interface, _)) => interface.children.push(section),
            None => self.configuration.children.push(section),
        }
    }

    fn under_endpoint(&mut self, section: Section) {
        match &mut self.endpoint {
            Some((endpoint, _)) => endpoint.children.push(section),
            None => self.under_interface(section),
        }
    }
}

/// Decodes an interface descriptor.
fn interface(bytes: &[u8], asked: &mut dyn Asked) -> (Section, InterfaceFacts) {
    let mut reader = Reader::new("Interface", bytes);
    let number = reader.u8("bInterfaceNumber").byte();
    let alternate = reader.u8("bAlternateSetting").value();
    let endpoint_count = reader.u8("bNumEndpoints").byte();
    let class = class_fields(&mut reader, "bInterface");
    reader.string("iInterface", asked);
    reader.title(format!("Interface {number}, setting {alternate}: {}", names::function(class)));
    (reader.finish(), InterfaceFacts { number, class, endpoint_count })
}

/// Decodes an interface association (USB 2.0 ECN "Interface Association Descriptors").
fn association(bytes: &[u8], asked: &mut dyn Asked) -> Section {
    let mut reader = Reader::new("Interface association", bytes);
    let first = reader.u8("bFirstInterface").value();
    let count = reader.u8("bInterfaceCount").value();
    let class = class_fields(&mut reader, "bFunction");
    reader.string("iFunction", asked);
    let interfaces = match count {
        1 => format!("interface {first}"),
        _ => format!("interfaces {first} to {}", (first + count).saturating_sub(1)),
    };
    reader.title(format!("Interface association: {interfaces}, {}", names::function(class)));
    reader.finish()
}

fn otg(bytes: &[u8]) -> Section {
    let mut reader = Reader::new("OTG descriptor", bytes);
    reader.hex8("bmAttributes").flags(&[(1, "SRP"), (2, "HNP"), (4, "ADP")]);
    if reader.left() >= 2 {
        reader.bcd("bcdOTG");
    }
    reader.finish()
}

fn debug(bytes: &[u8]) -> Section {
    let mut reader = Reader::new("Debug descriptor", bytes);
    let endpoint = |value: u64| endpoint::address_text(byte(value));
    reader.hex8("bDebugInEndpoint").says(endpoint);
    reader.hex8("bDebugOutEndpoint").says(endpoint);
    reader.finish()
}
