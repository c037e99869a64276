//! Descriptors of classes, one module each. What nobody knows is shown as bytes.

mod audio;
mod audio1;
mod audio2;
mod cdc;
mod dfu;
mod hid;
pub mod hid_report;
mod mass_storage;
mod midi;
mod smart_card;
mod video;

use super::{
    Asked, configuration::InterfaceFacts, endpoint::EndpointFacts, reader::Reader, section::Section,
};
use crate::names::ClassTriple;

/// `CS_INTERFACE`
pub const CS_INTERFACE: u8 = 0x24;
/// `CS_ENDPOINT`
pub const CS_ENDPOINT: u8 = 0x25;

const AUDIO: u8 = 0x01;
const MIDI_STREAMING: u8 = 0x03;
const COMMUNICATIONS: u8 = 0x02;
const HID: u8 = 0x03;
const MASS_STORAGE: u8 = 0x08;
const CDC_DATA: u8 = 0x0A;
const SMART_CARD: u8 = 0x0B;
const VIDEO: u8 = 0x0E;
const APPLICATION: u8 = 0xFE;

/// Decodes a descriptor of the interface's class, if it is known.
pub fn decode(
    bytes: &[u8],
    interface: InterfaceFacts,
    endpoint: Option<EndpointFacts>,
    asked: &mut dyn Asked,
) -> Option<Section> {
    let kind = *bytes.get(1)?;
    let is_for_endpoint = endpoint.is_some();
    match (interface.class, kind) {
        (ClassTriple(HID, ..), 0x21) => Some(hid::hid(bytes, interface.number, asked)),
        (ClassTriple(MASS_STORAGE, ..), CS_INTERFACE) if is_for_endpoint => {
            Some(mass_storage::pipe_usage(bytes))
        }
        (ClassTriple(COMMUNICATIONS | CDC_DATA, ..), CS_INTERFACE) => cdc::functional(bytes, asked),
        (ClassTriple(AUDIO, MIDI_STREAMING, _), CS_INTERFACE | CS_ENDPOINT) => midi::decode(bytes, asked),
        (ClassTriple(AUDIO, subclass, 0x20), CS_INTERFACE | CS_ENDPOINT) => {
            audio2::decode(bytes, subclass, asked)
        }
        (ClassTriple(AUDIO, subclass, 0x00), CS_INTERFACE | CS_ENDPOINT) => {
            audio1::decode(bytes, subclass, asked)
        }
        (ClassTriple(VIDEO, subclass, _), CS_INTERFACE | CS_ENDPOINT) => {
            video::decode(bytes, subclass, asked)
        }
        (ClassTriple(APPLICATION, 0x01, _), 0x21) => Some(dfu::functional(bytes)),
        (ClassTriple(SMART_CARD, ..), 0x21) => Some(smart_card::ccid(bytes)),
        _ => None,
    }
}

/// `bNrInPins` and the sources: units of audio and video have them alike.
fn pins(reader: &mut Reader<'_>) {
    let count = reader.u8("bNrInPins").count();
    reader.bytes("baSourceID", count.min(reader.left()));
}
