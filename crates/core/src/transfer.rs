//! How much goes to the bus at once.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-bandwidth-allocation>

use usbclient_protocol::{
    TransferType,
    status::{NtStatus, STATUS_SUCCESS},
};

/// The speed of a device. Hints of the USB stack: a wrong one costs throughput, not correctness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speed {
    /// 1.5 Mbit/s
    Low,
    /// 12 Mbit/s
    Full,
    /// 480 Mbit/s
    High,
    /// 5 Gbit/s and more
    Super,
}

impl Speed {
    /// From what the USB stack says about the connection, and from `bMaxPacketSize0`, which is 8 on a low-speed
    /// device. A full-speed device may have 8 too: the limits of both are the same.
    #[must_use]
    pub const fn from_hints(super_speed: bool, high_speed: bool, max_packet_size_0: u8) -> Self {
        if super_speed {
            Self::Super
        } else if high_speed {
            Self::High
        } else if max_packet_size_0 <= 8 {
            Self::Low
        } else {
            Self::Full
        }
    }
}

const KIB: u32 = 1024;
const MIB: u32 = 1024 * KIB;

/// The documented maximum of one transfer, in bytes.
///
/// `usb3_stack` is `USBD_IsInterfaceVersionSupported(0x602)`: without it a full-speed bulk transfer may meet an OHCI
/// controller, which takes 256 KiB. Zero for isochronous, which has no requests yet.
#[must_use]
pub const fn maximum(kind: TransferType, speed: Speed, usb3_stack: bool) -> u32 {
    match (kind, speed) {
        (TransferType::Control, Speed::Low | Speed::Full) => 4 * KIB,
        (TransferType::Control, Speed::High | Speed::Super) => 64 * KIB,
        (TransferType::Interrupt, _) | (TransferType::Bulk, Speed::High) => 4 * MIB,
        (TransferType::Bulk, Speed::Super) => 32 * MIB,
        (TransferType::Bulk, Speed::Low | Speed::Full) => {
            if usb3_stack {
                4 * MIB
            } else {
                256 * KIB
            }
        }
        (TransferType::Isochronous, _) => 0,
    }
}

/// The longest chunk of a transfer on a pipe: the most that is both within `maximum` and a whole number of packets, so
/// that no chunk but the last ends with a short packet. At least one packet.
#[must_use]
pub const fn chunk_limit(maximum: u32, max_packet_size: u16) -> u32 {
    let packet = if max_packet_size == 0 { 1 } else { max_packet_size as u32 };
    match maximum.checked_rem(packet) {
        Some(rest) if maximum > rest => maximum.wrapping_sub(rest),
        _ => packet,
    }
}

/// One piece of a request, as the bus gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Bytes from the start of the caller's buffer.
    pub offset: u32,
    /// Bytes; zero only for a request without data.
    pub length: u32,
}

/// What follows a chunk.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send this.
    Send(Chunk),
    /// Complete the request.
    Done {
        /// `IoStatus.Status`
        status: NtStatus,
        /// `IoStatus.Information`: bytes moved by all chunks.
        information: u32,
    },
}

/// The chunks of one request: sent in order, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunks {
    total: u32,
    done: u32,
    limit: u32,
}

impl Chunks {
    /// A request of `total` bytes in chunks of `limit` bytes at most (see [`chunk_limit`]; zero is taken as one).
    #[must_use]
    pub const fn new(total: u32, limit: u32) -> Self {
        Self { total, done: 0, limit: if limit == 0 { 1 } else { limit } }
    }

    /// Whether one chunk is enough. Such requests go down concurrently; a larger one takes the pipe.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.total <= self.limit
    }

    /// The bytes that were moved so far.
    #[must_use]
    pub const fn done(&self) -> u32 {
        self.done
    }

    /// The chunk to send now: the first one, or the one that [`completed`](Self::completed) named.
    #[must_use]
    pub const fn current(&self) -> Chunk {
        let left = self.total.saturating_sub(self.done);
        let length = if left < self.limit { left } else { self.limit };
        Chunk { offset: self.done, length }
    }

    /// The current chunk ended with `status`, after `moved` bytes. An error or a short chunk ends the request. A
    /// lower driver that claims more bytes than the chunk had is not believed. Nor is one that failed the chunk and
    /// claims all of it: a stack that refuses an URB leaves the length that was asked for in it.
    pub const fn completed(&mut self, status: NtStatus, moved: u32) -> Next {
        let chunk = self.current();
        let refused = !status.is_success() && moved >= chunk.length;
        let moved = if refused {
            0
        } else if moved > chunk.length {
            chunk.length
        } else {
            moved
        };
        // Cannot overflow: `moved` is at most what is left of `total`.
        self.done = self.done.saturating_add(moved);
        if !status.is_success() {
            return Next::Done { status, information: self.done };
        }
        if moved < chunk.length || self.done >= self.total {
            return Next::Done { status: STATUS_SUCCESS, information: self.done };
        }
        Next::Send(self.current())
    }
}
