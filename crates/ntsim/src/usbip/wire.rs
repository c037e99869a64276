//! Messages, byte for byte. All numbers are big-endian; a SETUP packet is as it is on the bus.
//!
//! Page: <https://docs.kernel.org/usb/usbip_protocol.html>, which all values here are from.

use super::{Error, address::BUS_ID};

const VERSION: u16 = 0x0111;
const OP_REQ_IMPORT: u16 = 0x8003;
const OP_REP_IMPORT: u16 = 0x0003;
const CMD_SUBMIT: u32 = 1;
const CMD_UNLINK: u32 = 2;
const RET_SUBMIT: u32 = 3;
const RET_UNLINK: u32 = 4;
/// `number_of_packets` of a transfer that is not isochronous.
const NO_PACKETS: u32 = u32::MAX;
/// `-ECONNRESET`: the transfer was taken back.
const TAKEN_BACK: i32 = -104;

/// `URB_ISO_ASAP`
pub(super) const AS_SOON_AS_POSSIBLE: u32 = 0x2;
/// `URB_DIR_IN`
pub(super) const DIRECTION_IN: u32 = 0x200;

/// Bytes of the first part of `OP_REP_IMPORT`.
pub(super) const IMPORT_STATUS: usize = 8;
/// Bytes of what follows it, if the status is zero.
pub(super) const IMPORTED: usize = 312;
/// Bytes of a message's header after the import.
pub(super) const HEADER: usize = 48;
/// Bytes of an isochronous packet descriptor.
pub(super) const PACKET: usize = 16;

fn number(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    four.map_or(0, |four| u32::from_be_bytes(*four))
}

fn signed(bytes: &[u8], at: usize) -> i32 {
    number(bytes, at).cast_signed()
}

/// `OP_REQ_IMPORT`
pub(super) fn import(bus_id: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(8 + BUS_ID);
    message.extend(VERSION.to_be_bytes());
    message.extend(OP_REQ_IMPORT.to_be_bytes());
    message.extend([0; 4]);
    message.extend(bus_id.bytes().chain(std::iter::repeat(0)).take(BUS_ID));
    message
}

/// The status of `OP_REP_IMPORT`.
pub(super) fn import_status(bytes: [u8; IMPORT_STATUS]) -> Result<u32, Error> {
    let [v0, v1, c0, c1, ..] = bytes;
    let (version, code) = (u16::from_be_bytes([v0, v1]), u16::from_be_bytes([c0, c1]));
    if code != OP_REP_IMPORT {
        return Err(Error::Protocol(format!(
            "the reply to an import has code {code:#06x}, version {version:#06x}"
        )));
    }
    Ok(number(&bytes, 4))
}

/// What matters of an imported device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Imported {
    /// `(busnum << 16) | devnum`: how requests name it.
    pub device: u32,
    /// A value of Linux's `enum usb_device_speed`.
    pub speed: u32,
}

impl Imported {
    pub fn of(bytes: &[u8; IMPORTED]) -> Self {
        // The offsets of the page are those of the whole reply.
        let field = |offset: usize| number(bytes, offset - IMPORT_STATUS);
        Self { device: (field(0x128) << 16) | (field(0x12C) & 0xFFFF), speed: field(0x130) }
    }
}

/// `USBIP_CMD_SUBMIT`
#[derive(Clone, Debug, Default)]
pub(super) struct Submit {
    pub sequence: u32,
    /// As [`Imported`] says.
    pub device: u32,
    pub is_in: bool,
    /// The endpoint's number, without the direction.
    pub endpoint: u8,
    /// `transfer_flags` without the direction.
    pub flags: u32,
    /// `transfer_buffer_length`: bytes.
    pub length: u32,
    /// In frames or microframes, as Linux counts them for an URB.
    pub interval: u32,
    pub setup: [u8; 8],
    /// The bytes of an OUT transfer, `length` of them.
    pub data: Vec<u8>,
    /// Packets of an isochronous transfer: offset and length.
    pub packets: Option<Vec<(u32, u32)>>,
}

impl Submit {
    pub fn bytes(&self) -> Vec<u8> {
        let packets = self.packets.as_deref();
        let count = packets.map_or(NO_PACKETS, |packets| u32::try_from(packets.len()).unwrap_or(NO_PACKETS));
        let direction = if self.is_in { DIRECTION_IN } else { 0 };
        let fields = [
            CMD_SUBMIT,
            self.sequence,
            self.device,
            u32::from(self.is_in),
            u32::from(self.endpoint),
            self.flags | direction,
            self.length,
            0,
            count,
            self.interval,
        ];
        let mut message = Vec::with_capacity(HEADER + self.data.len());
        message.extend(fields.iter().flat_map(|field| field.to_be_bytes()));
        message.extend(self.setup);
        message.extend(&self.data);
        for (offset, length) in packets.unwrap_or_default() {
            message.extend([*offset, *length, 0, 0].iter().flat_map(|field| field.to_be_bytes()));
        }
        message
    }
}

/// `USBIP_CMD_UNLINK`: takes the transfer `victim` back.
pub(super) fn unlink(sequence: u32, device: u32, victim: u32) -> Vec<u8> {
    let fields = [CMD_UNLINK, sequence, device, 0, 0, victim, 0, 0, 0, 0, 0, 0];
    fields.iter().flat_map(|field| field.to_be_bytes()).collect()
}

/// The header of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// `USBIP_RET_SUBMIT`
    Submitted {
        sequence: u32,
        /// Zero, or a negated `errno` of Linux.
        status: i32,
        /// Bytes that moved.
        length: u32,
        /// Isochronous packet descriptors that follow.
        packets: u32,
    },
    /// `USBIP_RET_UNLINK`
    Unlinked {
        sequence: u32,
        /// The transfer was taken back and has no reply of its own. If not, it had ended before.
        taken_back: bool,
    },
}

impl Header {
    pub fn of(bytes: &[u8; HEADER]) -> Result<Self, Error> {
        let sequence = number(bytes, 4);
        match number(bytes, 0) {
            RET_SUBMIT => {
                let packets = number(bytes, 0x20);
                Ok(Self::Submitted {
                    sequence,
                    status: signed(bytes, 0x14),
                    length: number(bytes, 0x18),
                    packets: if packets == NO_PACKETS { 0 } else { packets },
                })
            }
            RET_UNLINK => Ok(Self::Unlinked { sequence, taken_back: signed(bytes, 0x14) == TAKEN_BACK }),
            other => Err(Error::Protocol(format!("a message of kind {other:#x}"))),
        }
    }
}

/// How an isochronous packet ended: `actual_length` and `status`.
pub(super) fn packet_ends(bytes: &[u8]) -> Vec<(u32, i32)> {
    bytes.chunks_exact(PACKET).map(|packet| (number(packet, 8), signed(packet, 12))).collect()
}

#[cfg(test)]
mod tests {
    use super::{HEADER, Header, IMPORTED, Imported, Submit, import, import_status, packet_ends, unlink};

    fn words(text: &str) -> Vec<u8> {
        let words = text.split_whitespace().map(|word| u32::from_str_radix(word, 16).expect("digits"));
        words.flat_map(u32::to_be_bytes).collect()
    }

    /// The example of the page, with `start_frame` and `number_of_packets` as its table has them, not as they were
    /// captured; a reply may have them either way.
    #[test]
    fn as_on_the_page() {
        let mut submit = Submit {
            sequence: 0xD05,
            device: 0x0001_000F,
            is_in: true,
            endpoint: 1,
            length: 0x40,
            interval: 4,
            ..Submit::default()
        };
        let read =
            "00000001 00000d05 0001000f 00000001 00000001 00000200 00000040 00000000 ffffffff 00000004 0 0";
        assert_eq!(submit.bytes(), words(read));
        submit = Submit { sequence: 0xD06, is_in: false, data: vec![0xFF; 0x40], ..submit };
        let write =
            "00000001 00000d06 0001000f 00000000 00000001 00000000 00000040 00000000 ffffffff 00000004 0 0";
        assert_eq!(submit.bytes(), [words(write), vec![0xFF; 0x40]].concat());
        for fields in ["0 ffffffff", "ffffffff 0"] {
            let read = words(&format!("00000003 00000d05 0 0 0 0 00000040 {fields} 0 0 0"));
            let read = Header::of(read.first_chunk().expect("a header"));
            let expected = Header::Submitted { sequence: 0xD05, status: 0, length: 0x40, packets: 0 };
            assert_eq!(read.ok(), Some(expected));
        }
    }

    #[test]
    fn isochronous() {
        let submit = Submit {
            packets: Some(vec![(0, 192), (192, 190)]),
            length: 382,
            data: vec![7; 382],
            ..Submit::default()
        };
        let bytes = submit.bytes();
        assert_eq!(bytes.len(), HEADER + 382 + 32);
        assert_eq!(bytes[0x20..0x24], [0, 0, 0, 2]);
        assert_eq!(bytes[HEADER + 382 + 16..], words("c0 be 0 0"));
        assert_eq!(packet_ends(&words("0 c0 bf 0 c0 be 0 ffffffb9")), [(0xBF, 0), (0, -71)]);
    }

    #[test]
    fn taking_back() {
        assert_eq!(unlink(9, 0x0001_0002, 8), words("2 9 10002 0 0 8 0 0 0 0 0 0"));
        for (status, taken_back) in [("ffffff98", true), ("0", false)] {
            let reply = words(&format!("4 9 0 0 0 {status} 0 0 0 0 0 0"));
            let reply = Header::of(reply.first_chunk().expect("a header"));
            assert_eq!(reply.ok(), Some(Header::Unlinked { sequence: 9, taken_back }));
        }
        let unknown = words("5 9 0 0 0 0 0 0 0 0 0 0");
        assert!(Header::of(unknown.first_chunk().expect("a header")).is_err());
    }

    #[test]
    fn importing() {
        let request = import("1-1");
        assert_eq!(request[..8], [1, 0x11, 0x80, 3, 0, 0, 0, 0]);
        assert_eq!(request[8..12], *b"1-1\0");
        assert_eq!(request.len(), 40);
        assert_eq!(import_status([1, 0x11, 0, 3, 0, 0, 0, 1]).ok(), Some(1));
        assert!(import_status([1, 0x11, 0, 5, 0, 0, 0, 0]).is_err());
        let mut reply = [0; IMPORTED];
        reply[0x123] = 3;
        reply[0x127] = 7;
        reply[0x12B] = 5;
        assert_eq!(Imported::of(&reply), Imported { device: 0x0003_0007, speed: 5 });
    }
}
