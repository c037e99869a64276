//! `usbctl show`: everything that a device says about itself, and what the driver makes of it.

mod asks;
mod driver;
mod policies;

use serde::Serialize;
use usbclient_user::{DescriptorRequest, Device, Recipient};

use self::{asks::Asks, driver::Driver};
use super::list;
use crate::{
    cli::One,
    descriptors::{self, section::Section, strings},
    failure::{Exit, Failure},
    interrupt,
    output::{self, render},
    session::Session,
    speed::Speed,
};

const CONFIGURATION: u8 = 0x02;
const QUALIFIER: u8 = 0x06;
const OTHER_SPEED: u8 = 0x07;
const BOS: u8 = 0x0F;

/// Everything, as `--json` writes it.
#[derive(Debug, Serialize)]
struct Shown {
    path: String,
    descriptors: Vec<Section>,
    driver: Driver,
}

/// Shows a device.
pub fn run(session: &Session, options: &One) -> Result<(), Failure> {
    let device = session.select(options.device.as_ref())?;
    let properties = interrupt::wait(device.properties())?;
    let speed = list::speed(&properties).unwrap_or(Speed::High);
    let mut asks = Asks::new(&device);
    let mut descriptors = Vec::new();
    let descriptor = interrupt::wait(device.device_descriptor())?;
    descriptors.push(descriptors::device(descriptor.bytes(), &mut asks));
    for index in 0..properties.configuration_count() {
        let bytes = whole(&device, CONFIGURATION, index)?;
        descriptors.push(bytes.map_or_else(
            || refused("Configuration", index),
            |bytes| descriptors::configuration(&bytes, speed, &mut asks),
        ));
    }
    if matches!(speed, Speed::Full | Speed::High) {
        descriptors.extend(other_speed(&device, speed, &mut asks)?);
    }
    // Before 2.01 there is no such store (USB 2.0 LPM ECN, 3).
    if descriptor.usb_version() >= 0x0201
        && let Some(bytes) = whole(&device, BOS, 0)?
    {
        descriptors.push(descriptors::bos(&bytes, &mut asks));
    }
    if let Some(section) = asks.section() {
        descriptors.push(section);
    }
    if interrupt::is_pressed() {
        return Err(Failure::interrupted());
    }
    let driver = Driver::of(&device, &properties)?;
    let shown = Shown { path: device.info().id().path().to_owned(), descriptors, driver };
    if session.output.is_json() {
        return Ok(output::json(&shown)?);
    }
    let mut texts: Vec<_> = shown.descriptors.iter().map(render::section).collect();
    texts.push(shown.driver.text(&shown.path));
    Ok(output::text(&texts.join("\n"))?)
}

fn refused(what: &str, index: u8) -> Section {
    let mut section = Section::new(format!("{what} {index}"));
    section.problems.push("the device does not give it".to_owned());
    section
}

/// What a device of full or high speed would be at the other one.
fn other_speed(device: &Device, speed: Speed, asks: &mut Asks<'_>) -> Result<Vec<Section>, Failure> {
    let mut found = Vec::new();
    let Some(qualifier) = ask(device, QUALIFIER, 0, 10)? else { return Ok(found) };
    found.push(descriptors::qualifier(&qualifier));
    let other = if speed == Speed::High { Speed::Full } else { Speed::High };
    if let Some(bytes) = whole(device, OTHER_SPEED, 0)? {
        found.push(descriptors::configuration(&bytes, other, asks));
    }
    Ok(found)
}

/// A descriptor that says in bytes 2 and 3 how long it is; none: the device does not have it.
fn whole(device: &Device, kind: u8, index: u8) -> Result<Option<Vec<u8>>, Failure> {
    let Some(first) = ask(device, kind, index, 9)? else { return Ok(None) };
    let total = match first.as_slice() {
        [_, _, low, high, ..] => u16::from_le_bytes([*low, *high]),
        _ => return Ok(Some(first)),
    };
    if usize::from(total) <= first.len() {
        return Ok(Some(first));
    }
    // The driver has a limit for one control transfer; what is longer is cut.
    ask(device, kind, index, total.min(4096))
}

/// Asks for a descriptor of the device; none: the device does not have it, or answers nothing of use.
fn ask(device: &Device, kind: u8, index: u8, length: u16) -> Result<Option<Vec<u8>>, Failure> {
    let request = DescriptorRequest {
        recipient: Recipient::Device,
        descriptor_type: kind,
        index,
        language_or_number: 0,
        length,
    };
    optional(interrupt::wait(device.descriptor(request)))
}

/// A device may refuse what it does not have; everything else ends the command.
fn optional(result: Result<Vec<u8>, Failure>) -> Result<Option<Vec<u8>>, Failure> {
    match result {
        Ok(bytes) if bytes.is_empty() => Ok(None),
        Ok(bytes) => Ok(Some(bytes)),
        Err(failure) if matches!(failure.exit, Exit::Unplugged | Exit::Interrupted | Exit::RuleBroken) => {
            Err(failure)
        }
        Err(_) => Ok(None),
    }
}

/// The strings that were asked for.
pub fn strings_section(languages: &[u16], texts: &[(u8, String)]) -> Option<Section> {
    (!languages.is_empty()).then(|| strings::section(languages, texts))
}
