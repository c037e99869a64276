//! Isochronous transfers: which are well-formed, and what one that came back says.
//!
//! An URB has an offset for each packet and no length: a packet reaches to the next one's offset, the last one to the
//! end of the data. So the packets of a request must lie end to end, which the page asks for too.
//!
//! Latency: the driver adds none. A transfer is one URB, which goes down when it is admitted, however many are in flight
//! on the pipe, and the USB driver stack queues them: with `isoch_flag::AS_SOON_AS_POSSIBLE` each begins in the frame
//! after the one before. A caller that keeps two in flight has no gap between them.
//!
//! The packets of a request are in the system buffer, which is the driver's own copy: they are checked when the request
//! is admitted and read again when the URB is formatted.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/transfer-data-to-isochronous-endpoints>

use usbclient_protocol::{
    IsochPacket, IsochPacketResult, IsochResult, IsochTransfer, isoch_flag,
    status::{
        STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_DEVICE_STATE,
        STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, Status,
    },
};

use crate::{
    descriptors::{Companion, Endpoint},
    request::Direction,
    transfer::Speed,
};

/// The most packets of a full-speed transfer.
const MAX_PACKETS_FULL_SPEED: u16 = 255;
/// The most packets of a transfer at high speed and above.
const MAX_PACKETS: u16 = 1024;
/// Microframes in a frame.
const MICROFRAMES: u16 = 8;
/// The most bytes that UHCI and OHCI controllers take at once.
const LEGACY_MAXIMUM: u32 = 64 * 1024;
/// The results start at a multiple of this.
const RESULT_ALIGNMENT: u32 = 8;

/// What one isochronous pipe takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsochPipe {
    /// The most bytes of one packet, which is what moves in one bus interval. Zero: this alternate setting has no
    /// bandwidth.
    packet: u32,
    /// The packets of one frame; zero: the pipe is polled less often than once a frame.
    packets_per_frame: u16,
    /// The most packets of one transfer.
    max_packets: u16,
    /// The most bytes of one transfer.
    max_bytes: u32,
}

impl IsochPipe {
    /// The limits of a pipe. `maximum_packet_size` is `MaximumPacketSize` of its `USBD_PIPE_INFORMATION`, which has the
    /// last word on the layout of the buffer; more than the endpoint's descriptors allow is not believed.
    ///
    /// `usb3_stack` is `USBD_IsInterfaceVersionSupported(0x602)`: without it a full-speed transfer may meet a UHCI or
    /// OHCI controller ([sizes](https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-bandwidth-allocation)).
    #[must_use]
    pub fn new(
        endpoint: &Endpoint,
        companion: Option<Companion>,
        maximum_packet_size: u16,
        speed: Speed,
        usb3_stack: bool,
    ) -> Self {
        let packet = interval_bytes(*endpoint, companion, speed).min(u32::from(maximum_packet_size));
        // The USB driver stack polls every frame at full speed, whatever bInterval says.
        let is_full = matches!(speed, Speed::Low | Speed::Full);
        let packets_per_frame =
            if is_full { 1 } else { MICROFRAMES.checked_div(endpoint.period()).unwrap_or_default() };
        let max_packets = if is_full { MAX_PACKETS_FULL_SPEED } else { MAX_PACKETS };
        let documented = packet.saturating_mul(if is_full { 256 } else { 1024 });
        let max_bytes = if is_full && !usb3_stack { documented.min(LEGACY_MAXIMUM) } else { documented };
        Self { packet, packets_per_frame, max_packets, max_bytes }
    }

    /// The most packets of one transfer: what the URBs of the device's pool need room for.
    #[must_use]
    pub const fn max_packets(&self) -> u16 {
        self.max_packets
    }

    /// The most bytes of one transfer.
    #[must_use]
    pub const fn max_bytes(&self) -> u32 {
        self.max_bytes
    }

    /// How many packets a transfer may have.
    fn check_count(&self, count: u32) -> Result<u16, Status> {
        if self.packet == 0 {
            return Err(STATUS_INVALID_DEVICE_STATE);
        }
        if self.packets_per_frame == 0 {
            return Err(STATUS_NOT_SUPPORTED);
        }
        let count = u16::try_from(count).map_err(|_too_many| STATUS_INVALID_PARAMETER)?;
        let is_whole_frames = count.checked_rem(self.packets_per_frame) == Some(0);
        if count == 0 || count > self.max_packets || !is_whole_frames {
            return Err(STATUS_INVALID_PARAMETER);
        }
        Ok(count)
    }
}

/// The bytes that the descriptors allow in one bus interval.
fn interval_bytes(endpoint: Endpoint, companion: Option<Companion>, speed: Speed) -> u32 {
    let size = u32::from(endpoint.packet_size());
    match (speed, companion) {
        // A SuperSpeed endpoint without its companion: one packet is what it certainly has.
        (Speed::Low | Speed::Full, _) | (Speed::Super, None) => size,
        (Speed::High, _) => size.saturating_mul(u32::from(endpoint.transactions())),
        (Speed::Super, Some(companion)) => companion.bytes_per_interval,
    }
}

/// An isochronous transfer whose every number was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isoch {
    direction: Direction,
    start_frame: Option<u32>,
    packet_count: u16,
    data_length: u32,
}

impl Isoch {
    /// Checks a request: the system buffer, and how long the second buffer is.
    ///
    /// # Errors
    /// - `STATUS_BUFFER_TOO_SMALL`: the input ends before its packets do.
    /// - `STATUS_INVALID_DEVICE_STATE`: the selected alternate setting has no bandwidth for the endpoint.
    /// - `STATUS_NOT_SUPPORTED`: the endpoint is polled less often than once a frame, which the USB driver stack does
    ///   not take.
    /// - `STATUS_INVALID_PARAMETER`: an undefined flag, a number of packets that the period does not allow, packets
    ///   that do not lie end to end, or one that is too long, or empty and to be read.
    /// - `STATUS_INVALID_BUFFER_SIZE`: bytes after the packets, no data, more data than one transfer may have, or no
    ///   room for the results.
    pub fn decode(
        input: &[u8],
        second_length: usize,
        direction: Direction,
        pipe: &IsochPipe,
    ) -> Result<Self, Status> {
        let header = IsochTransfer::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
        if header.flags & !isoch_flag::AS_SOON_AS_POSSIBLE != 0 || header.reserved != 0 {
            return Err(STATUS_INVALID_PARAMETER);
        }
        let packet_count = pipe.check_count(header.packet_count)?;
        let packets = packets(input, packet_count)?;
        if header.data_length == 0 || header.data_length > pipe.max_bytes {
            return Err(STATUS_INVALID_BUFFER_SIZE);
        }
        check_packets(packets, direction, pipe.packet, header.data_length)?;
        let is_asap = header.flags & isoch_flag::AS_SOON_AS_POSSIBLE != 0;
        let start_frame = if is_asap { None } else { Some(header.start_frame) };
        let isoch = Self { direction, start_frame, packet_count, data_length: header.data_length };
        if second_length < isoch.second_length() {
            return Err(STATUS_INVALID_BUFFER_SIZE);
        }
        Ok(isoch)
    }

    /// Where the data go.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// The frame of the first packet; `None`: as soon as possible.
    #[must_use]
    pub const fn start_frame(&self) -> Option<u32> {
        self.start_frame
    }

    /// How many packets there are.
    #[must_use]
    pub const fn packet_count(&self) -> u16 {
        self.packet_count
    }

    /// Bytes of data, at the start of the second buffer.
    #[must_use]
    pub const fn data_length(&self) -> u32 {
        self.data_length
    }

    /// Where the results are in the second buffer.
    #[must_use]
    pub const fn results_at(&self) -> usize {
        // The data are at most 1024 times 65535 bytes, so nothing saturates.
        let last = RESULT_ALIGNMENT.wrapping_sub(1);
        (self.data_length.saturating_add(last) & !last) as usize
    }

    /// Bytes of the second buffer that are valid when the results are: `IoStatus.Information`.
    #[must_use]
    pub const fn second_length(&self) -> usize {
        self.results_at()
            .saturating_add(IsochResult::SIZE)
            .saturating_add((self.packet_count as usize).saturating_mul(IsochPacketResult::SIZE))
    }

    /// The result of one packet, as the caller gets it. `length` and `usbd_status` are what the USB driver stack left
    /// in the packet's descriptor. The length of a packet that was written is not told by the stack: it went whole, or
    /// it failed. More than the packet had room for is not believed.
    #[must_use]
    pub fn packet_result(&self, space: u32, length: u32, usbd_status: u32) -> IsochPacketResult {
        let moved = match self.direction {
            Direction::In => length.min(space),
            Direction::Out if usbd_failed(usbd_status) => 0,
            Direction::Out => space,
        };
        IsochPacketResult { length: moved, status: usbd_status }
    }

    /// The result as a whole. `start_frame` is what the stack left in the URB, and `error_count` how many packets
    /// [failed](usbd_failed): counted, because `ErrorCount` of an URB that was refused says nothing.
    #[must_use]
    pub fn result(&self, start_frame: u32, error_count: u32) -> IsochResult {
        IsochResult { start_frame, error_count, packet_count: self.packet_count.into(), reserved: 0 }
    }
}

/// Whether a `USBD_STATUS` says that something went wrong: its highest bit.
#[must_use]
pub const fn usbd_failed(usbd_status: u32) -> bool {
    usbd_status & 0x8000_0000 != 0
}

/// The packets after the header of a request: exactly so many.
///
/// # Errors
/// `STATUS_BUFFER_TOO_SMALL` or `STATUS_INVALID_BUFFER_SIZE`.
pub fn packets(input: &[u8], count: u16) -> Result<impl Iterator<Item = IsochPacket>, Status> {
    let bytes = input.get(IsochTransfer::SIZE..).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    let wanted = usize::from(count).saturating_mul(IsochPacket::SIZE);
    if bytes.len() < wanted {
        return Err(STATUS_BUFFER_TOO_SMALL);
    }
    if bytes.len() > wanted {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    Ok(bytes.chunks_exact(IsochPacket::SIZE).filter_map(IsochPacket::decode))
}

/// One packet of a request.
#[must_use]
pub fn packet(input: &[u8], index: u16) -> Option<IsochPacket> {
    let at = usize::from(index).checked_mul(IsochPacket::SIZE)?.checked_add(IsochTransfer::SIZE)?;
    input.get(at..).and_then(IsochPacket::decode)
}

/// The packets lie end to end, from the start of the data to its end, and none is longer than an interval has bytes.
fn check_packets(
    packets: impl Iterator<Item = IsochPacket>,
    direction: Direction,
    most: u32,
    data_length: u32,
) -> Result<(), Status> {
    let least = match direction {
        // The device may send whenever it is asked: a packet without room would be an overrun.
        Direction::In => 1,
        Direction::Out => 0,
    };
    let mut end = 0_u32;
    for packet in packets {
        if packet.offset != end || packet.length < least || packet.length > most {
            return Err(STATUS_INVALID_PARAMETER);
        }
        end = end.checked_add(packet.length).ok_or(STATUS_INVALID_PARAMETER)?;
    }
    if end == data_length { Ok(()) } else { Err(STATUS_INVALID_PARAMETER) }
}
