//! Descriptors of MIDI streaming interfaces (MIDI Devices 1.0, 6.1 and 6.2).

use super::CS_ENDPOINT;
use crate::descriptors::{
    Asked,
    reader::{Reader, name_of},
    section::Section,
};

const JACKS: &[(u64, &str)] = &[(1, "embedded"), (2, "external")];

/// Decodes a descriptor of the interface or of its endpoint.
pub fn decode(bytes: &[u8], asked: &mut dyn Asked) -> Option<Section> {
    let subtype = *bytes.get(2)?;
    let mut reader = Reader::after(3, "", bytes);
    match (bytes.get(1), subtype) {
        (Some(&CS_ENDPOINT), 0x01) => {
            reader.title("MIDI endpoint");
            let count = reader.u8("bNumEmbMIDIJack").count();
            reader.bytes("baAssocJackID", count.min(reader.left()));
        }
        (Some(&CS_ENDPOINT), _) => return None,
        (_, 0x01) => {
            reader.title("MIDI streaming header");
            reader.bcd("bcdMSC");
            reader.u16("wTotalLength");
        }
        (_, 0x02) => {
            jack(&mut reader, "IN");
            reader.string("iJack", asked);
        }
        (_, 0x03) => {
            jack(&mut reader, "OUT");
            sources(&mut reader);
            reader.string("iJack", asked);
        }
        (_, 0x04) => element(&mut reader, asked),
        _ => return None,
    }
    Some(reader.finish())
}

fn jack(reader: &mut Reader<'_>, direction: &str) {
    let kind = reader.u8("bJackType").means(|kind| name_of(JACKS, kind)).value();
    let id = reader.u8("bJackID").value();
    reader.title(format!("MIDI {direction} jack {id}: {}", name_of(JACKS, kind).unwrap_or("unknown")));
}

/// Pairs of a jack or element and its pin.
fn sources(reader: &mut Reader<'_>) {
    let count = reader.u8("bNrInputPins").count();
    for pin in 0..count {
        if reader.left() < 2 {
            break;
        }
        reader.u8(&format!("baSourceID[{pin}]"));
        reader.u8(&format!("baSourcePin[{pin}]"));
    }
}

fn element(reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    let id = reader.u8("bElementID").value();
    reader.title(format!("MIDI element {id}"));
    sources(reader);
    reader.u8("bNrOutputPins");
    reader.u8("bInTerminalLink");
    reader.u8("bOutTerminalLink");
    let size = reader.u8("bElCapsSize").count();
    reader.bytes("bmElementCaps", size.min(reader.left()));
    reader.string("iElement", asked);
}
