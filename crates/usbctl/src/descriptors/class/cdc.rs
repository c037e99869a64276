//! Functional descriptors of communications devices (CDC 1.2, 5.2.3; PSTN 1.2, 5.3; ECM 1.2, 5.4; NCM 1.0, 5.2; MBIM 1.0, 6.4).

use crate::descriptors::{Asked, reader::Reader, section::Section};

/// Decodes one, if its subtype is known.
pub fn functional(bytes: &[u8], asked: &mut dyn Asked) -> Option<Section> {
    let subtype = *bytes.get(2)?;
    let mut reader = Reader::after(3, name(subtype)?, bytes);
    match subtype {
        0x00 => drop(reader.bcd("bcdCDC")),
        0x01..=0x03 | 0x08 => telephone(subtype, &mut reader),
        0x04 => {
            reader.u8("bRingerVolSteps");
            reader.u8("bNumRingerPatterns");
        }
        0x06 => {
            reader.u8("bControlInterface");
            reader.rest("bSubordinateInterface");
        }
        0x07 => {
            reader.string("iCountryCodeRelDate", asked);
            while reader.left() >= 2 {
                reader.hex16("wCountryCode");
            }
        }
        0x09..=0x0B => units(subtype, &mut reader, asked),
        0x0F | 0x10 | 0x1A..=0x1C => network(subtype, &mut reader, asked),
        0x12 => {
            reader.bcd("bcdVersion");
            reader.uuid("bGUID");
        }
        0x13 => {
            reader.hex8("bGuidDescriptorType");
            reader.rest("bDetailData");
        }
        0x14 => {
            reader.bcd("bcdVersion");
            reader.u16("wMaxCommand");
        }
        _ => drop(reader.bcd("bcdVersion")),
    }
    Some(reader.finish())
}

const fn name(subtype: u8) -> Option<&'static str> {
    Some(match subtype {
        0x00 => "CDC header",
        0x01 => "CDC call management",
        0x02 => "CDC abstract control management",
        0x03 => "CDC direct line management",
        0x04 => "CDC telephone ringer",
        0x06 => "CDC union",
        0x07 => "CDC country selection",
        0x08 => "CDC telephone operational modes",
        0x09 => "CDC USB terminal",
        0x0A => "CDC network channel terminal",
        0x0B => "CDC protocol unit",
        0x0F => "CDC Ethernet",
        0x10 => "CDC ATM",
        0x11 => "CDC wireless handset control",
        0x12 => "CDC mobile direct line",
        0x13 => "CDC mobile direct line detail",
        0x14 => "CDC device management",
        0x15 => "CDC OBEX",
        0x1A => "CDC NCM",
        0x1B => "CDC MBIM",
        0x1C => "CDC MBIM, extended",
        _ => return None,
    })
}

fn telephone(subtype: u8, reader: &mut Reader<'_>) {
    let names: &[(u64, &str)] = match subtype {
        0x01 => &[(1, "manages calls itself"), (2, "over the data interface too")],
        0x02 => &[
            (1, "communication features"),
            (2, "line coding and state"),
            (4, "break"),
            (8, "network connection notification"),
        ],
        0x03 => &[(1, "pulse setup"), (2, "auxiliary control"), (4, "extra pulse setup")],
        _ => &[(1, "simple mode"), (2, "standalone mode"), (4, "computer centric mode")],
    };
    reader.hex8("bmCapabilities").flags(names);
    if subtype == 0x01 {
        reader.u8("bDataInterface");
    }
}

fn units(subtype: u8, reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    reader.u8("bEntityId");
    match subtype {
        0x09 => {
            reader.u8("bInInterfaceNo");
            reader.u8("bOutInterfaceNo");
            reader.hex8("bmOptions");
            reader.rest("bChildId");
        }
        0x0A => {
            reader.string("iName", asked);
            reader.u8("bChannelIndex");
            reader.hex8("bPhysicalInterface");
        }
        _ => {
            reader.hex8("bProtocol");
            reader.rest("bChildId");
        }
    }
}

fn network(subtype: u8, reader: &mut Reader<'_>, asked: &mut dyn Asked) {
    match subtype {
        0x0F => {
            reader.string("iMACAddress", asked);
            reader.hex32("bmEthernetStatistics");
            reader.u16("wMaxSegmentSize");
            reader.hex16("wNumberMCFilters");
            reader.u8("bNumberPowerFilters");
        }
        0x10 => {
            reader.string("iEndSystemIdentifier", asked);
            reader.hex8("bmDataCapabilities");
            reader.hex8("bmATMDeviceStatistics");
            reader.u16("wType2MaxSegmentSize");
            reader.u16("wType3MaxSegmentSize");
            reader.u16("wMaxVC");
        }
        0x1A => {
            reader.bcd("bcdNcmVersion");
            reader.hex8("bmNetworkCapabilities").flags(&[
                (1, "packet filter"),
                (2, "network address"),
                (4, "encapsulated commands"),
                (8, "datagram size"),
                (0x10, "CRC mode"),
                (0x20, "8-byte NTB input size"),
            ]);
        }
        0x1B => {
            reader.bcd("bcdMBIMVersion");
            reader.u16("wMaxControlMessage");
            reader.u8("bNumberFilters");
            reader.u8("bMaxFilterSize");
            reader.u16("wMaxSegmentSize");
            reader
                .hex8("bmNetworkCapabilities")
                .flags(&[(8, "datagram size"), (0x20, "8-byte NTB input size")]);
        }
        _ => {
            reader.bcd("bcdMBIMExtendedVersion");
            reader.u8("bMaxOutstandingCommandMessages");
            reader.u16("wMTU");
        }
    }
}
