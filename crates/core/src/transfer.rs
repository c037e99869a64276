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

/// How the transfers of a pipe are cut: what its policies say, with what the USB stack can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent policies, not one state")]
pub struct Rules {
    /// Bytes of one packet; zero on the default pipe, where nothing below applies.
    pub packet: u16,
    /// OUT: what ends with a whole packet is followed by one of no bytes.
    pub zero_length_end: bool,
    /// IN: a short packet does not end the request.
    pub ignores_short: bool,
    /// IN: where the caller's buffer ends inside a packet, that packet goes to the pipe's bounce packet.
    pub has_tail: bool,
    /// The bounce packet may follow the caller's pages in one transfer, as a chain of MDLs.
    pub may_chain: bool,
}

impl Rules {
    /// A request goes as it is.
    pub const NONE: Self =
        Self { packet: 0, zero_length_end: false, ignores_short: false, has_tail: false, may_chain: false };
}

/// One piece of a request, as the bus gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Bytes from the start of the caller's buffer.
    pub offset: u32,
    /// Bytes of the caller's buffer. Zero for a request without data, for the packet of no bytes that ends a write, and
    /// when only the bounce packet is left.
    pub length: u32,
    /// Bytes of the bounce packet that follow: one packet, or zero.
    pub bounce: u16,
}

impl Chunk {
    /// Bytes that the bus is asked for.
    #[must_use]
    pub const fn asked(self) -> u32 {
        // Both together are at most a limit and a packet.
        self.length.saturating_add(self.bounce as u32)
    }
}

/// What arrived in the bounce packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounced {
    /// Where in the caller's buffer it belongs.
    pub offset: u32,
    /// Bytes of it that fit there.
    pub length: u16,
    /// Bytes that are left over.
    pub left_over: u16,
    /// The packet was short.
    pub is_short: bool,
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
    rules: Rules,
    /// A packet of no bytes has still to be sent.
    owes_end: bool,
}

impl Chunks {
    /// A request of `total` bytes in chunks of `limit` bytes at most (see [`chunk_limit`]; zero is taken as one).
    #[must_use]
    pub const fn new(total: u32, limit: u32) -> Self {
        Self::with_rules(total, limit, Rules::NONE)
    }

    /// A request on a pipe whose policies are not those of the start.
    #[must_use]
    pub const fn with_rules(total: u32, limit: u32, rules: Rules) -> Self {
        let ends_whole = total > 0 && matches!(total.checked_rem(rules.packet as u32), Some(0));
        Self {
            total,
            done: 0,
            limit: if limit == 0 { 1 } else { limit },
            rules,
            owes_end: rules.zero_length_end && ends_whole,
        }
    }

    /// The same, after its first bytes came out of what an earlier read left over.
    #[must_use]
    pub const fn after(mut self, left_over: u32) -> Self {
        self.done = if left_over < self.total { left_over } else { self.total };
        self
    }

    /// Whether one transfer of the caller's own pages is enough. Such requests go down concurrently; any other takes
    /// the pipe.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.total <= self.limit
            && self.done == 0
            && !self.owes_end
            && !self.rules.ignores_short
            && !self.needs_bounce()
    }

    /// Whether the end of the request may need the bounce packet.
    #[must_use]
    pub const fn needs_bounce(&self) -> bool {
        let left = self.total.saturating_sub(self.done);
        self.rules.has_tail
            && (self.rules.ignores_short || !matches!(left.checked_rem(self.rules.packet as u32), Some(0)))
    }

    /// Whether the pipe belongs to the request to its end, and not only until its last chunk is on its way: what the
    /// last chunk is, or what is left over, shows only when it has come back.
    #[must_use]
    pub const fn keeps_pipe(&self) -> bool {
        self.rules.ignores_short || self.needs_bounce()
    }

    /// Whether nothing follows the current chunk, if that goes well.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        let chunk = self.current();
        let covers_all = self.done.saturating_add(chunk.length) >= self.total;
        covers_all && (!self.owes_end || chunk.length == 0)
    }

    /// Bytes of the whole request.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.total
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
        let at_most = if left < self.limit { left } else { self.limit };
        if !(self.rules.has_tail || self.rules.ignores_short) {
            return Chunk { offset: self.done, length: at_most, bounce: 0 };
        }
        let rest = match left.checked_rem(self.rules.packet as u32) {
            Some(rest) => rest,
            None => 0,
        };
        let whole = left.saturating_sub(rest);
        if rest == 0 || whole > self.limit {
            return Chunk { offset: self.done, length: at_most, bounce: 0 };
        }
        let fits = whole.saturating_add(self.rules.packet as u32) <= self.limit;
        let chained = self.rules.may_chain && fits;
        let bounce = if self.rules.has_tail && (whole == 0 || chained) { self.rules.packet } else { 0 };
        Chunk { offset: self.done, length: whole, bounce }
    }

    /// What of `moved` bytes of the current chunk is in the bounce packet. Asked before [`completed`](Self::completed).
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "at most a packet, which is a 16-bit number")]
    pub const fn bounced(&self, moved: u32) -> Option<Bounced> {
        let chunk = self.current();
        let moved = if moved > chunk.asked() { chunk.asked() } else { moved };
        let arrived = moved.saturating_sub(chunk.length);
        if chunk.bounce == 0 || arrived == 0 {
            return None;
        }
        let offset = chunk.offset.saturating_add(chunk.length);
        let room = self.total.saturating_sub(offset);
        let length = if arrived < room { arrived } else { room };
        Some(Bounced {
            offset,
            length: length as u16,
            left_over: arrived.saturating_sub(length) as u16,
            is_short: arrived < chunk.bounce as u32,
        })
    }

    /// The current chunk ended with `status`, after `moved` bytes. An error or a short chunk ends the request, the
    /// latter unless a policy says otherwise. A lower driver that claims more bytes than the chunk had is not believed.
    /// Nor is one that failed the chunk and claims all of it: a stack that refuses an URB leaves the length that was
    /// asked for in it.
    pub const fn completed(&mut self, status: NtStatus, moved: u32) -> Next {
        let chunk = self.current();
        let refused = !status.is_success() && moved >= chunk.asked();
        let moved = if refused {
            0
        } else if moved > chunk.asked() {
            chunk.asked()
        } else {
            moved
        };
        // Cannot overflow: what is counted is at most what is left of `total`.
        let left = self.total.saturating_sub(self.done);
        self.done = self.done.saturating_add(if moved < left { moved } else { left });
        if !status.is_success() {
            return Next::Done { status, information: self.done };
        }
        if self.done >= self.total && self.owes_end && chunk.length != 0 {
            return Next::Send(self.current());
        }
        let is_short = moved < chunk.asked() && !self.rules.ignores_short;
        if !is_short && self.done < self.total {
            let next = self.current();
            if next.asked() != 0 {
                return Next::Send(next);
            }
        }
        Next::Done { status: STATUS_SUCCESS, information: self.done }
    }
}
