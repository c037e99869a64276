//! Descriptors of audio devices, version 2.0 (Audio 2.0, 4.7 to 4.10; Formats 2.0, 2.3).

use super::{CS_ENDPOINT, audio, pins};
use crate::descriptors::{
    Asked,
    reader::{Reader, name_of},
    section::Section,
};

const CATEGORIES: &[(u64, &str)] = &[
    (0x01, "desktop speaker"),
    (0x02, "home theatre"),
    (0x03, "microphone"),
    (0x04, "headset"),
    (0x05, "telephone"),
    (0x06, "converter"),
    (0x07, "voice or sound recorder"),
    (0x08, "I/O box"),
    (0x09, "musical instrument"),
    (0x0A, "professional audio"),
    (0x0B, "audio and video"),
    (0x0C, "control panel"),
    (0xFF, "other"),
];

/// Controls of a feature unit, two bits each.
const CONTROLS: [&str; 15] = [
    "mute",
    "volume",
    "bass",
    "mid",
    "treble",
    "graphic equalizer",
    "automatic gain",
    "delay",
    "bass boost",
    "loudness",
    "input gain",
    "input gain pad",
    "phase inverter",
    "underflow",
    "overflow",
];

const FORMATS: &[(u64, &str)] = &[
    (1, "PCM"),
    (1 << 1, "PCM, 8 bits"),
    (1 << 2, "IEEE float"),
    (1 << 3, "A-law"),
    (1 << 4, "µ-law"),
    (1 << 31, "raw data"),
];

const EFFECTS: &[(u64, &str)] = &[
    (1, "parametric equalizer"),
    (2, "reverberation"),
    (3, "modulation delay"),
    (4, "dynamic range compressor"),
];

const PROCESSES: &[(u64, &str)] = &[(1, "up and down mix"), (2, "Dolby Prologic"), (3, "stereo extender")];

/// Decodes a descriptor of an audio interface or of its endpoint.
pub fn decode(bytes: &[u8], subclass: u8, asked: &mut dyn Asked) -> Option<Section> {
    let subtype = *bytes.get(2)?;
    let mut reader = Reader::after(3, "", bytes);
    match (bytes.get(1), subclass, subtype) {
        (Some(&CS_ENDPOINT), _, 0x01) => endpoint(&mut reader),
        (Some(&CS_ENDPOINT), ..) => return None,
        (_, audio::CONTROL, 0x0A..=0x0D) => clock(subtype, &mut reader, asked),
        (_, audio::CONTROL, 0x01..=0x03) => terminal(subtype, &mut reader, asked),
        (_, audio::CONTROL, _) => unit(subtype, &mut reader, asked)?,
        (_, audio::STREAMING, _) => streaming(subtype, &mut reader, asked)?,
        _ => return None,
    }
    Some(reader.finish())
}

/// What a host may do with a control, two bits each.
fn access(value: u64, names: &[&str]) -> Option<String> {
    let allowed = names.iter().zip(0_u32..).filter_map(|(name, place)| {
        match value.checked_shr(place * 2).unwrap_or_default() & 3 {
            0 => None,
            1 => Some(format!("{name} (read)")),
            3 => Some(format!("{name} (read, write)")),
            _ => Some(format!("{name} (not allowed)")),
        }
    });
    let allowed: Vec<_> = allowed.collect();
    (!allowed.is_empty()).then(|| allowed.join(", "))
}

fn terminal(subtype: u8, reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    let controls: &[&str] = match subtype {
        0x01 => {
            reader.title("Audio control header");
            reader.bcd("bcdADC");
            reader.hex8("bCategory").means(|kind| name_of(CATEGORIES, kind));
            reader.u16("wTotalLength");
            reader.hex8("bmControls").means(|value| access(value, &["latency"]));
            return;
        }
        0x02 => {
            audio::terminal(reader, "Input");
            reader.u8("bCSourceID");
            channels(reader, asked);
            &["copy protection", "connector", "overload", "cluster", "underflow", "overflow"]
        }
        _ => {
            audio::terminal(reader, "Output");
            reader.u8("bSourceID");
            reader.u8("bCSourceID");
            &["copy protection", "connector", "overload", "underflow", "overflow"]
        }
    };
    reader.hex16("bmControls").means(|value| access(value, controls));
    reader.string("iTerminal", asked);
}

fn channels(reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    reader.u8("bNrChannels");
    reader.hex32("bmChannelConfig").flags(audio::PLACES);
    reader.string("iChannelNames", asked);
}

fn clock(subtype: u8, reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    if subtype == 0x0D {
        audio::unit(reader, "Sampling rate converter");
        reader.u8("bSourceID");
        reader.u8("bCSourceInID");
        reader.u8("bCSourceOutID");
        reader.string("iSRC", asked);
        return;
    }
    let id = reader.u8("bClockID").value();
    match subtype {
        0x0A => {
            reader.title(format!("Clock source {id}"));
            reader.hex8("bmAttributes").says(|value| {
                let kinds = ["external", "internal, fixed", "internal, variable", "internal, programmable"];
                let kind = usize::try_from(value & 3).ok().and_then(|kind| kinds.get(kind));
                let frames = if value & 4 == 0 { "" } else { ", in step with the bus" };
                format!("{}{frames}", kind.copied().unwrap_or_default())
            });
            reader.hex8("bmControls").means(|value| access(value, &["frequency", "validity"]));
            reader.u8("bAssocTerminal");
            reader.string("iClockSource", asked);
        }
        0x0B => {
            reader.title(format!("Clock selector {id}"));
            pins(reader);
            reader.hex8("bmControls").means(|value| access(value, &["selector"]));
            reader.string("iClockSelector", asked);
        }
        _ => {
            reader.title(format!("Clock multiplier {id}"));
            reader.u8("bCSourceID");
            reader.hex8("bmControls").means(|value| access(value, &["numerator", "denominator"]));
            reader.string("iClockMultiplier", asked);
        }
    }
}

fn unit(subtype: u8, reader: &mut Reader<'_>, asked: &mut dyn Asked) -> Option<()> {
    match subtype {
        0x04 => {
            audio::unit(reader, "Mixer");
            pins(reader);
            channels(reader, asked);
            reader.bytes("bmMixerControls", reader.left().saturating_sub(2));
            reader.hex8("bmControls").means(|value| access(value, &["cluster", "underflow", "overflow"]));
            reader.string("iMixer", asked);
        }
        0x05 => {
            audio::unit(reader, "Selector");
            pins(reader);
            reader.hex8("bmControls").means(|value| access(value, &["selector"]));
            reader.string("iSelector", asked);
        }
        0x06 => {
            audio::unit(reader, "Feature");
            reader.u8("bSourceID");
            per_channel(reader, &CONTROLS);
            reader.string("iFeature", asked);
        }
        0x07 => {
            audio::unit(reader, "Effect");
            reader.hex16("wEffectType").means(|kind| name_of(EFFECTS, kind));
            reader.u8("bSourceID");
            per_channel(reader, &[]);
            reader.string("iEffects", asked);
        }
        0x08 => {
            audio::unit(reader, "Processing");
            reader.hex16("wProcessType").means(|kind| name_of(PROCESSES, kind));
            pins(reader);
            channels(reader, asked);
            reader.hex16("bmControls");
            reader.string("iProcessing", asked);
            reader.rest("process");
        }
        0x09 => {
            audio::unit(reader, "Extension");
            reader.hex16("wExtensionCode");
            pins(reader);
            channels(reader, asked);
            reader
                .hex8("bmControls")
                .means(|value| access(value, &["enable", "cluster", "underflow", "overflow"]));
            reader.string("iExtension", asked);
        }
        _ => return None,
    }
    Some(())
}

/// Four bytes of controls for each channel, the master first; the string's index is the last byte.
fn per_channel(reader: &mut Reader<'_>, names: &[&str]) {
    let mut channel = 0;
    while reader.left() > 4 {
        reader.hex32(&format!("bmaControls[{channel}]")).means(|value| access(value, names));
        channel += 1;
    }
}

fn streaming(subtype: u8, reader: &mut Reader<'_>, asked: &mut dyn Asked) -> Option<()> {
    match subtype {
        0x01 => {
            reader.title("Audio streaming, general");
            reader.u8("bTerminalLink");
            reader.hex8("bmControls").means(|value| access(value, &["active setting", "valid settings"]));
            reader.u8("bFormatType");
            reader.hex32("bmFormats").flags(FORMATS);
            channels(reader, asked);
        }
        0x02 => format(reader),
        0x03 | 0x04 => {
            reader.title(if subtype == 0x03 { "Audio encoder" } else { "Audio decoder" });
            reader.rest("data");
        }
        _ => return None,
    }
    Some(())
}

fn format(reader: &mut Reader<'_>) {
    let kind = reader.hex8("bFormatType").value();
    reader.title(format!(
        "Audio format, type {}{}",
        kind & 0x7F,
        if kind & 0x80 == 0 { "" } else { ", extended" }
    ));
    match kind & 0x7F {
        2 => {
            reader.u16("wMaxBitRate").unit("kbit/s");
            reader.u16("wSlotsPerFrame");
        }
        1 | 3 => {
            reader.u8("bSubslotSize").unit("bytes for a sample");
            reader.u8("bBitResolution").unit("bits of them");
        }
        _ => {}
    }
    if kind & 0x80 != 0 {
        reader.u8("bHeaderLength");
        reader.u8("bControlSize");
        reader.hex8("bSideBandProtocol");
    }
}

fn endpoint(reader: &mut Reader<'_>) {
    reader.title("Audio endpoint, general");
    reader.hex8("bmAttributes").flags(&[(0x80, "full packets only")]);
    reader.hex8("bmControls").means(|value| access(value, &["pitch", "overrun", "underrun"]));
    audio::lock_delay(reader);
}
