//! Descriptors of audio devices, version 1.0 (Audio 1.0, 4.3 to 4.6; Formats 1.0, 2.2 to 2.4).

use super::{CS_ENDPOINT, audio, pins};
use crate::descriptors::{
    Asked,
    reader::{Reader, name_of},
    section::Section,
};

const CONTROLS: &[(u64, &str)] = &[
    (1, "mute"),
    (1 << 1, "volume"),
    (1 << 2, "bass"),
    (1 << 3, "mid"),
    (1 << 4, "treble"),
    (1 << 5, "graphic equalizer"),
    (1 << 6, "automatic gain"),
    (1 << 7, "delay"),
    (1 << 8, "bass boost"),
    (1 << 9, "loudness"),
];

const PROCESSES: &[(u64, &str)] = &[
    (1, "up and down mix"),
    (2, "Dolby Prologic"),
    (3, "3D stereo extender"),
    (4, "reverberation"),
    (5, "chorus"),
    (6, "dynamic range compressor"),
];

const FORMATS: &[(u64, &str)] = &[
    (0x0001, "PCM"),
    (0x0002, "PCM, 8 bits"),
    (0x0003, "IEEE float"),
    (0x0004, "A-law"),
    (0x0005, "µ-law"),
    (0x1001, "MPEG"),
    (0x1002, "AC-3"),
    (0x2001, "IEC 1937, AC-3"),
    (0x2002, "IEC 1937, MPEG-1 layer 1"),
    (0x2003, "IEC 1937, MPEG-1 layers 2 and 3, or MPEG-2"),
    (0x2004, "IEC 1937, MPEG-2 extended"),
    (0x2005, "IEC 1937, MPEG-2 layer 1, low rate"),
    (0x2006, "IEC 1937, MPEG-2 layers 2 and 3, low rate"),
];

/// Decodes a descriptor of an audio interface or of its endpoint.
pub fn decode(bytes: &[u8], subclass: u8, asked: &mut dyn Asked) -> Option<Section> {
    let subtype = *bytes.get(2)?;
    let mut reader = Reader::after(3, "", bytes);
    match (bytes.get(1), subclass, subtype) {
        (Some(&CS_ENDPOINT), _, 0x01) => endpoint(&mut reader),
        (Some(&CS_ENDPOINT), ..) => return None,
        (_, audio::CONTROL, _) => control(subtype, &mut reader, asked)?,
        (_, audio::STREAMING, _) => streaming(subtype, &mut reader)?,
        _ => return None,
    }
    Some(reader.finish())
}

fn control(subtype: u8, reader: &mut Reader<'_>, asked: &mut dyn Asked) -> Option<()> {
    match subtype {
        0x01 => header(reader),
        0x02 => {
            audio::terminal(reader, "Input");
            channels(reader, asked);
            reader.string("iTerminal", asked);
        }
        0x03 => {
            audio::terminal(reader, "Output");
            reader.u8("bSourceID");
            reader.string("iTerminal", asked);
        }
        0x04 => {
            audio::unit(reader, "Mixer");
            pins(reader);
            channels(reader, asked);
            reader.bytes("bmControls", reader.left().saturating_sub(1));
            reader.string("iMixer", asked);
        }
        0x05 => {
            audio::unit(reader, "Selector");
            pins(reader);
            reader.string("iSelector", asked);
        }
        0x06 => feature(reader, asked),
        0x07 => {
            audio::unit(reader, "Processing");
            reader.hex16("wProcessType").means(|kind| name_of(PROCESSES, kind));
            processing(reader, asked);
            reader.string("iProcessing", asked);
            reader.rest("process");
        }
        0x08 => {
            audio::unit(reader, "Extension");
            reader.hex16("wExtensionCode");
            processing(reader, asked);
            reader.string("iExtension", asked);
        }
        _ => return None,
    }
    Some(())
}

fn header(reader: &mut Reader<'_>) {
    reader.title("Audio control header");
    reader.bcd("bcdADC");
    reader.u16("wTotalLength");
    let count = reader.u8("bInCollection").count();
    reader.bytes("baInterfaceNr", count.min(reader.left()));
}

fn channels(reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    reader.u8("bNrChannels");
    reader.hex16("wChannelConfig").flags(audio::PLACES);
    reader.string("iChannelNames", asked);
}

fn processing(reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    pins(reader);
    channels(reader, asked);
    let size = reader.u8("bControlSize").count();
    reader.bytes("bmControls", size.min(reader.left()));
}

fn feature(reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    audio::unit(reader, "Feature");
    reader.u8("bSourceID");
    let size = reader.u8("bControlSize").count();
    let mut channel = 0;
    // The string's index is the last byte.
    while size > 0 && reader.left() > size {
        reader.bits(&format!("bmaControls[{channel}]"), size).flags(CONTROLS);
        channel += 1;
    }
    reader.string("iFeature", asked);
}

fn streaming(subtype: u8, reader: &mut Reader<'_>) -> Option<()> {
    match subtype {
        0x01 => {
            reader.title("Audio streaming, general");
            reader.u8("bTerminalLink");
            reader.u8("bDelay").unit("frames");
            reader.hex16("wFormatTag").means(|tag| name_of(FORMATS, tag));
        }
        0x02 => format(reader),
        0x03 => {
            reader.title("Audio streaming, of the format");
            reader.hex16("wFormatTag").means(|tag| name_of(FORMATS, tag));
            reader.rest("format");
        }
        _ => return None,
    }
    Some(())
}

fn format(reader: &mut Reader<'_>) {
    let kind = reader.u8("bFormatType").value();
    reader.title(format!("Audio format, type {kind}"));
    if kind == 2 {
        reader.u16("wMaxBitRate").unit("kbit/s");
        reader.u16("wSamplesPerFrame");
    } else {
        reader.u8("bNrChannels");
        reader.u8("bSubframeSize").unit("bytes for a sample");
        reader.u8("bBitResolution").unit("bits of them");
    }
    audio::rates(reader);
}

fn endpoint(reader: &mut Reader<'_>) {
    reader.title("Audio endpoint, general");
    reader.hex8("bmAttributes").flags(&[
        (1, "sampling rate control"),
        (2, "pitch control"),
        (0x80, "full packets only"),
    ]);
    audio::lock_delay(reader);
}
