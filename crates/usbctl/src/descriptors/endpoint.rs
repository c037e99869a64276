//! Endpoint descriptors and the companions that follow them (USB 2.0, 9.6.6; USB 3.2, 9.6.7 and 9.6.8).

use super::{
    device::{byte, word},
    reader::{Reader, name_of},
    section::Section,
};
use crate::speed::Speed;

const KINDS: [&str; 4] = ["control", "isochronous", "bulk", "interrupt"];
const SYNCHRONIZATION: [&str; 4] = ["no synchronization", "asynchronous", "adaptive", "synchronous"];
const ISOCHRONOUS_USAGE: [&str; 4] = ["data", "feedback", "implicit feedback", "reserved usage"];
const INTERRUPT_USAGE: &[(u64, &str)] = &[(0, "periodic"), (1, "notification")];

/// What the descriptors after an endpoint need to know about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointFacts {
    /// `bEndpointAddress`
    pub address: u8,
    /// `bmAttributes`
    pub attributes: u8,
    /// `wMaxPacketSize`
    pub max_packet_size: u16,
}

impl EndpointFacts {
    /// What kind of transfers it has.
    pub fn kind(self) -> &'static str {
        pick(&KINDS, u64::from(self.attributes))
    }

    /// It is isochronous.
    pub const fn is_isochronous(self) -> bool {
        self.attributes & 3 == 1
    }

    /// It is a bulk endpoint.
    pub const fn is_bulk(self) -> bool {
        self.attributes & 3 == 2
    }
}

/// An endpoint address with its direction: `0x81 IN`.
pub fn address_text(address: u8) -> String {
    format!("0x{address:02X} {}", if address & 0x80 == 0 { "OUT" } else { "IN" })
}

/// Decodes an endpoint descriptor. Audio 1.0 adds two bytes to it.
pub fn endpoint(bytes: &[u8], speed: Speed) -> (Section, EndpointFacts) {
    let mut reader = Reader::new("Endpoint", bytes);
    let address = reader.hex8("bEndpointAddress");
    let address = address
        .says(|value| format!("{}, number {}", if value & 0x80 == 0 { "OUT" } else { "IN" }, value & 0x0F));
    let address = address.byte();
    let attributes = reader.hex8("bmAttributes").says(attributes_text).byte();
    let max_packet_size = reader.hex16("wMaxPacketSize");
    let max_packet_size = max_packet_size.says(|value| packet_text(word(value), speed)).word();
    reader.u8("bInterval").means(|value| interval_text(byte(value), attributes, address, speed));
    let facts = EndpointFacts { address, attributes, max_packet_size };
    if reader.left() >= 2 {
        reader
            .u8("bRefresh")
            .means(|value| (value != 0).then(|| format!("feedback every {} ms", 1_u64 << value.min(9))));
        reader.hex8("bSynchAddress");
    }
    reader.title(format!(
        "Endpoint {}: {}, {}",
        address_text(address),
        facts.kind(),
        packet_text(max_packet_size, speed)
    ));
    (reader.finish(), facts)
}

const fn pick(names: &[&'static str; 4], value: u64) -> &'static str {
    let [first, second, third, fourth] = *names;
    match value & 3 {
        0 => first,
        1 => second,
        2 => third,
        _ => fourth,
    }
}

fn attributes_text(value: u64) -> String {
    let kind = pick(&KINDS, value);
    match value & 3 {
        1 => {
            format!(
                "{kind}, {}, {}",
                pick(&SYNCHRONIZATION, value >> 2),
                pick(&ISOCHRONOUS_USAGE, value >> 4)
            )
        }
        3 if value >> 4 & 3 != 0 => {
            format!("{kind}, {}", name_of(INTERRUPT_USAGE, value >> 4 & 3).unwrap_or("reserved usage"))
        }
        _ => kind.to_owned(),
    }
}

fn packet_text(value: u16, speed: Speed) -> String {
    let size = value & 0x07FF;
    match (speed, value >> 11 & 3) {
        (Speed::High, more @ 1..=2) => format!("{} times {size} bytes", more + 1),
        _ => format!("{size} bytes"),
    }
}

fn interval_text(interval: u8, attributes: u8, address: u8, speed: Speed) -> Option<String> {
    let exponent = || {
        let power = interval.checked_sub(1).filter(|power| *power < 16)?;
        Some(1_u64 << power)
    };
    let text = match (attributes & 3, speed) {
        (3, Speed::Low | Speed::Full) => every(u64::from(interval).checked_mul(1000)?),
        (1, Speed::Low | Speed::Full) => every(exponent()? * 1000),
        (1 | 3, _) => every(exponent()? * 125),
        (0 | 2, Speed::High) if address & 0x80 == 0 && interval != 0 => {
            format!("at most one NAK in {interval} microframes")
        }
        _ => return None,
    };
    Some(text)
}

/// A period in microseconds, as people say it.
pub fn every(microseconds: u64) -> String {
    match microseconds {
        us if us % 1000 == 0 => format!("every {} ms", us / 1000),
        us if us > 1000 => format!("every {}.{:03} ms", us / 1000, us % 1000),
        us => format!("every {us} µs"),
    }
}

/// Decodes the companion of a `SuperSpeed` endpoint.
pub fn companion(bytes: &[u8], endpoint: Option<EndpointFacts>) -> Section {
    let mut reader = Reader::new("SuperSpeed companion", bytes);
    reader.u8("bMaxBurst").says(|burst| match burst {
        0 => "one packet at a time".to_owned(),
        burst => format!("{} packets in a burst", burst + 1),
    });
    reader.hex8("bmAttributes").means(|value| {
        let endpoint = endpoint?;
        if endpoint.is_bulk() {
            return Some(match value & 0x1F {
                0 => "no streams".to_owned(),
                power @ 1..=16 => format!("{} streams", 1_u64 << power),
                power => format!("{power} is no number of streams"),
            });
        }
        if !endpoint.is_isochronous() {
            return None;
        }
        Some(if value & 0x80 == 0 {
            format!("bursts in an interval: {}", (value & 3) + 1)
        } else {
            "a SuperSpeedPlus companion follows".to_owned()
        })
    });
    reader.u16("wBytesPerInterval");
    reader.finish()
}

/// Decodes the companion of an isochronous endpoint above 5 Gbit/s.
pub fn plus_companion(bytes: &[u8]) -> Section {
    let mut reader = Reader::new("SuperSpeedPlus isochronous companion", bytes);
    reader.reserved(2);
    reader.u32("dwBytesPerInterval");
    reader.finish()
}
