//! Descriptors of video devices (Video 1.5, 3.7 to 3.11; the payload documents for formats and frames).

use super::{CS_ENDPOINT, pins};
use crate::{
    descriptors::{
        Asked,
        device::{byte, word},
        endpoint::address_text,
        reader::{Reader, name_of},
        section::Section,
    },
    names,
};

const CONTROL: u8 = 0x01;
const STREAMING: u8 = 0x02;
const CAMERA: u16 = 0x0201;
const MEDIA_TRANSPORT: u16 = 0x0202;

const CAMERA_CONTROLS: &[(u64, &str)] = &[
    (1, "scanning mode"),
    (1 << 1, "auto-exposure mode"),
    (1 << 2, "auto-exposure priority"),
    (1 << 3, "exposure time (absolute)"),
    (1 << 4, "exposure time (relative)"),
    (1 << 5, "focus (absolute)"),
    (1 << 6, "focus (relative)"),
    (1 << 7, "iris (absolute)"),
    (1 << 8, "iris (relative)"),
    (1 << 9, "zoom (absolute)"),
    (1 << 10, "zoom (relative)"),
    (1 << 11, "pan and tilt (absolute)"),
    (1 << 12, "pan and tilt (relative)"),
    (1 << 13, "roll (absolute)"),
    (1 << 14, "roll (relative)"),
    (1 << 17, "focus, auto"),
    (1 << 18, "privacy"),
    (1 << 19, "focus, simple"),
    (1 << 20, "window"),
    (1 << 21, "region of interest"),
];

const PROCESSING_CONTROLS: &[(u64, &str)] = &[
    (1, "brightness"),
    (1 << 1, "contrast"),
    (1 << 2, "hue"),
    (1 << 3, "saturation"),
    (1 << 4, "sharpness"),
    (1 << 5, "gamma"),
    (1 << 6, "white balance temperature"),
    (1 << 7, "white balance component"),
    (1 << 8, "backlight compensation"),
    (1 << 9, "gain"),
    (1 << 10, "power line frequency"),
    (1 << 11, "hue, auto"),
    (1 << 12, "white balance temperature, auto"),
    (1 << 13, "white balance component, auto"),
    (1 << 14, "digital multiplier"),
    (1 << 15, "digital multiplier limit"),
    (1 << 16, "analog video standard"),
    (1 << 17, "analog video lock status"),
    (1 << 18, "contrast, auto"),
];

const STANDARDS: &[(u64, &str)] = &[
    (1 << 1, "NTSC, 525/60"),
    (1 << 2, "PAL, 625/50"),
    (1 << 3, "SECAM, 625/50"),
    (1 << 4, "NTSC, 625/50"),
    (1 << 5, "PAL, 525/60"),
];

const PRIMARIES: &[(u64, &str)] =
    &[(1, "BT.709, sRGB"), (2, "BT.470-2 (M)"), (3, "BT.470-2 (B, G)"), (4, "SMPTE 170M"), (5, "SMPTE 240M")];

const TRANSFERS: &[(u64, &str)] = &[
    (1, "BT.709"),
    (2, "BT.470-2 (M)"),
    (3, "BT.470-2 (B, G)"),
    (4, "SMPTE 170M"),
    (5, "SMPTE 240M"),
    (6, "linear"),
    (7, "sRGB"),
];

const MATRICES: &[(u64, &str)] =
    &[(1, "BT.709"), (2, "FCC"), (3, "BT.470-2 (B, G)"), (4, "SMPTE 170M (BT.601)"), (5, "SMPTE 240M")];

/// Decodes a descriptor of a video interface or of its endpoint.
pub fn decode(bytes: &[u8], subclass: u8, asked: &mut dyn Asked) -> Option<Section> {
    let subtype = *bytes.get(2)?;
    let mut reader = Reader::after(3, "", bytes);
    match (bytes.get(1), subclass) {
        (Some(&CS_ENDPOINT), _) => endpoint(subtype, &mut reader)?,
        (_, CONTROL) => control(subtype, &mut reader, asked)?,
        (_, STREAMING) => streaming(subtype, &mut reader)?,
        _ => return None,
    }
    Some(reader.finish())
}

fn endpoint(subtype: u8, reader: &mut Reader<'_>) -> Option<()> {
    reader.title(match subtype {
        0x01 => "Video endpoint, general",
        0x02 => "Video endpoint",
        0x03 => "Video interrupt endpoint",
        _ => return None,
    });
    if subtype == 0x03 {
        reader.u16("wMaxTransferSize");
    }
    Some(())
}

fn control(subtype: u8, reader: &mut Reader<'_>, asked: &mut dyn Asked) -> Option<()> {
    match subtype {
        0x01 => {
            reader.title("Video control header");
            reader.bcd("bcdUVC");
            reader.u16("wTotalLength");
            reader.u32("dwClockFrequency").unit("Hz");
            let count = reader.u8("bInCollection").count();
            reader.bytes("baInterfaceNr", count.min(reader.left()));
        }
        0x02 => input_terminal(reader, asked),
        0x03 => {
            terminal(reader, "Output");
            reader.u8("bSourceID");
            reader.string("iTerminal", asked);
        }
        0x04 => {
            unit(reader, "Selector");
            pins(reader);
            reader.string("iSelector", asked);
        }
        0x05 => processing_unit(reader, asked),
        0x06 => {
            unit(reader, "Extension");
            reader.uuid("guidExtensionCode");
            reader.u8("bNumControls");
            pins(reader);
            controls(reader, &[]);
            reader.string("iExtension", asked);
        }
        0x07 => {
            unit(reader, "Encoding");
            reader.u8("bSourceID");
            reader.string("iEncoding", asked);
            let size = controls(reader, &[]);
            if size > 0 {
                reader.bits("bmControlsRuntime", size);
            }
        }
        _ => return None,
    }
    Some(())
}

fn unit(reader: &mut Reader<'_>, what: &str) {
    let id = reader.u8("bUnitID").value();
    reader.title(format!("{what} unit {id}"));
}

fn terminal(reader: &mut Reader<'_>, what: &str) -> u16 {
    let id = reader.u8("bTerminalID").value();
    let kind = reader.hex16("wTerminalType").means(|kind| names::video_terminal(word(kind))).word();
    reader.u8("bAssocTerminal");
    reader.title(format!("{what} terminal {id}: {}", names::video_terminal(kind).unwrap_or("unknown")));
    kind
}

fn controls(reader: &mut Reader<'_>, names: &[(u64, &str)]) -> usize {
    let size = reader.u8("bControlSize").count().min(reader.left());
    if size > 0 {
        reader.bits("bmControls", size).flags(names);
    }
    size
}

fn input_terminal(reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    let kind = terminal(reader, "Input");
    reader.string("iTerminal", asked);
    match kind {
        CAMERA => {
            reader.u16("wObjectiveFocalLengthMin");
            reader.u16("wObjectiveFocalLengthMax");
            reader.u16("wOcularFocalLength");
            controls(reader, CAMERA_CONTROLS);
        }
        MEDIA_TRANSPORT => {
            controls(reader, &[]);
            let size = reader.u8("bTransportModeSize").count().min(reader.left());
            reader.bytes("bmTransportModes", size);
        }
        _ => {}
    }
}

fn processing_unit(reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    unit(reader, "Processing");
    reader.u8("bSourceID");
    reader
        .u16("wMaxMultiplier")
        .means(|value| (value != 0).then(|| format!("{}.{:02} times", value / 100, value % 100)));
    controls(reader, PROCESSING_CONTROLS);
    reader.string("iProcessing", asked);
    // Video 1.0 ends here.
    if reader.left() > 0 {
        reader.hex8("bmVideoStandards").flags(STANDARDS);
    }
}

fn streaming(subtype: u8, reader: &mut Reader<'_>) -> Option<()> {
    match subtype {
        0x01 => input_header(reader),
        0x02 => {
            reader.title("Video output header");
            let formats = stream_header(reader);
            reader.u8("bTerminalLink");
            per_format(reader, formats);
        }
        0x03 => still_image(reader),
        0x04 | 0x06 | 0x10 => format(subtype, reader),
        0x05 | 0x07 | 0x11 => frame(subtype, reader),
        0x0A => {
            reader.title("Video format: MPEG-2 transport stream");
            reader.u8("bFormatIndex");
            reader.u8("bDataOffset");
            reader.u8("bPacketLength");
            reader.u8("bStrideLength");
            if reader.left() >= 16 {
                reader.uuid("guidStrideFormat");
            }
        }
        0x0C => {
            reader.title("Video format: DV");
            reader.u8("bFormatIndex");
            reader.u32("dwMaxVideoFrameBufferSize");
            reader.hex8("bFormatType");
        }
        0x0D => {
            reader.title("Colour matching");
            reader.u8("bColorPrimaries").means(|value| name_of(PRIMARIES, value));
            reader.u8("bTransferCharacteristics").means(|value| name_of(TRANSFERS, value));
            reader.u8("bMatrixCoefficients").means(|value| name_of(MATRICES, value));
        }
        0x12 => {
            reader.title("Video format: stream based");
            reader.u8("bFormatIndex");
            reader.uuid("guidFormat");
            reader.u32("dwPacketLength");
        }
        0x13..=0x16 => {
            let names = ["H.264 format", "H.264 frame", "H.264 format, simulcast", "VP8 format"];
            let name = names.get(usize::from(subtype - 0x13)).copied().unwrap_or_default();
            reader.title(name);
            reader.rest("data");
        }
        _ => return None,
    }
    Some(())
}

fn stream_header(reader: &mut Reader<'_>) -> u64 {
    let formats = reader.u8("bNumFormats").value();
    reader.u16("wTotalLength");
    reader.hex8("bEndpointAddress").says(|address| address_text(byte(address)));
    formats
}

fn input_header(reader: &mut Reader<'_>) {
    reader.title("Video input header");
    let formats = stream_header(reader);
    reader.hex8("bmInfo").flags(&[(1, "format can change while it streams")]);
    reader.u8("bTerminalLink");
    reader.u8("bStillCaptureMethod").means(|method| (method == 0).then_some("none"));
    reader.u8("bTriggerSupport").means(|value| (value == 1).then_some("hardware trigger"));
    reader.u8("bTriggerUsage").means(|value| match value {
        0 => Some("takes a still image"),
        1 => Some("for the program"),
        _ => None,
    });
    per_format(reader, formats);
}

fn per_format(reader: &mut Reader<'_>, formats: u64) {
    let size = reader.u8("bControlSize").count();
    for format in 1..=formats {
        if size == 0 || reader.left() < size {
            break;
        }
        reader.bits(&format!("bmaControls[{format}]"), size).flags(&[
            (1, "key frame rate"),
            (2, "P frame rate"),
            (4, "compression quality"),
            (8, "compression window"),
            (0x10, "generate key frame"),
            (0x20, "update frame segment"),
        ]);
    }
}

fn still_image(reader: &mut Reader<'_>) {
    reader.title("Still image frame");
    reader.hex8("bEndpointAddress").means(|address| (address != 0).then(|| address_text(byte(address))));
    let sizes = reader.u8("bNumImageSizePatterns").value();
    for index in 1..=sizes {
        if reader.left() < 4 {
            reader.problem("an image size is missing");
            return;
        }
        reader.u16(&format!("wWidth[{index}]"));
        reader.u16(&format!("wHeight[{index}]"));
    }
    let count = reader.u8("bNumCompressionPattern").count();
    reader.bytes("bCompression", count.min(reader.left()));
}

fn format(subtype: u8, reader: &mut Reader<'_>) {
    let index = reader.u8("bFormatIndex").value();
    let frames = reader.u8("bNumFrameDescriptors").value();
    let name = if subtype == 0x06 {
        reader.hex8("bmFlags").flags(&[(1, "fixed size of samples")]);
        "MJPEG".to_owned()
    } else {
        let guid = reader.uuid("guidFormat");
        reader.u8("bBitsPerPixel");
        four_letters(&guid)
    };
    reader.u8("bDefaultFrameIndex");
    reader.u8("bAspectRatioX");
    reader.u8("bAspectRatioY");
    reader.hex8("bmInterlaceFlags").flags(&[
        (1, "interlaced"),
        (2, "two fields a frame"),
        (4, "field 1 first"),
    ]);
    reader.u8("bCopyProtect");
    if subtype == 0x10 {
        reader.u8("bVariableSize");
    }
    reader.title(format!(
        "Video format {index}: {name}, {}",
        crate::output::plural(usize::try_from(frames).unwrap_or(0), "frame size")
    ));
}

/// The first four bytes of a format's GUID are often letters.
fn four_letters(guid: &[u8; 16]) -> String {
    let [a, b, c, d, ..] = *guid;
    let letters = [a, b, c, d];
    if letters.iter().all(u8::is_ascii_alphanumeric) {
        return letters.iter().map(|letter| char::from(*letter)).collect();
    }
    "of its own".to_owned()
}

fn frame(subtype: u8, reader: &mut Reader<'_>) {
    let index = reader.u8("bFrameIndex").value();
    reader.hex8("bmCapabilities").flags(&[(1, "still image"), (2, "fixed frame rate")]);
    let width = reader.u16("wWidth").value();
    let height = reader.u16("wHeight").value();
    reader.u32("dwMinBitRate").unit("bit/s");
    reader.u32("dwMaxBitRate").unit("bit/s");
    if subtype != 0x11 {
        reader.u32("dwMaxVideoFrameBufferSize").unit("bytes");
    }
    reader.u32("dwDefaultFrameInterval").means(rate);
    let count = reader.u8("bFrameIntervalType").value();
    if subtype == 0x11 {
        reader.u32("dwBytesPerLine");
    }
    if count == 0 {
        reader.u32("dwMinFrameInterval").means(rate);
        reader.u32("dwMaxFrameInterval").means(rate);
        reader.u32("dwFrameIntervalStep");
    }
    for interval in 1..=count {
        if reader.left() < 4 {
            reader.problem("a frame interval is missing");
            break;
        }
        reader.u32(&format!("dwFrameInterval[{interval}]")).means(rate);
    }
    reader.title(format!("Video frame {index}: {width} x {height}"));
}

/// Frames a second, of an interval in units of 100 ns.
fn rate(interval: u64) -> Option<String> {
    let hundredths = 1_000_000_000_u64.checked_div(interval)?;
    Some(format!("{}.{:02} frames a second", hundredths / 100, hundredths % 100))
}
