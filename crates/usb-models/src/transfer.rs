//! What a host asks of a device, and what comes back.

/// Names one transfer. The host chooses it, and does not use it again before the transfer has completed or was
/// aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u64);

/// Which way the data go, as the host sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Host to device.
    Out,
    /// Device to host.
    In,
}

impl Direction {
    /// The direction that bit 7 of an endpoint address or of `bmRequestType` gives.
    #[must_use]
    pub const fn of(bits: u8) -> Self {
        if bits & 0x80 == 0 { Self::Out } else { Self::In }
    }
}

/// The eight bytes of a SETUP packet (USB 2.0, 9.3), decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    /// `bmRequestType`: direction, type and recipient.
    pub request_type: u8,
    /// `bRequest`.
    pub request: u8,
    /// `wValue`.
    pub value: u16,
    /// `wIndex`.
    pub index: u16,
    /// `wLength`: bytes of the data stage at most.
    pub length: u16,
}

impl Setup {
    /// Decodes the bytes as they are on the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        let [request_type, request, value_low, value_high, index_low, index_high, length_low, length_high] =
            bytes;
        Self {
            request_type,
            request,
            value: u16::from_le_bytes([value_low, value_high]),
            index: u16::from_le_bytes([index_low, index_high]),
            length: u16::from_le_bytes([length_low, length_high]),
        }
    }

    /// The bytes as they are on the wire.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        let [value_low, value_high] = self.value.to_le_bytes();
        let [index_low, index_high] = self.index.to_le_bytes();
        let [length_low, length_high] = self.length.to_le_bytes();
        [
            self.request_type,
            self.request,
            value_low,
            value_high,
            index_low,
            index_high,
            length_low,
            length_high,
        ]
    }

    /// The direction of the data stage.
    #[must_use]
    pub const fn direction(self) -> Direction {
        Direction::of(self.request_type)
    }
}

/// The kind of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A control transfer on endpoint zero. Its SETUP packet gives direction and largest length.
    Control {
        /// The SETUP packet.
        setup: Setup,
    },
    /// A bulk or interrupt transfer; the endpoint's descriptor tells which.
    BulkOrInterrupt,
    /// A bulk transfer on one stream of an endpoint (USB 3.2, 8.12.1.4). Streams are independent of each other.
    Stream {
        /// The stream's identifier, from 1.
        id: u16,
    },
    /// An isochronous transfer. Where its packets lie in the buffer is asked of
    /// [`HostMemory::packet`](crate::HostMemory::packet), and each one's end is told to
    /// [`HostMemory::packet_done`](crate::HostMemory::packet_done).
    Isochronous(Schedule),
}

/// When the packets of an isochronous transfer go over the bus. The host decides, and leaves packets out whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schedule {
    /// When the frame or microframe of packet [`first`](Self::first) begins.
    pub at: crate::Time,
    /// From one packet to the next, in units of 100 ns.
    pub interval: u64,
    /// Index of the first packet that goes over the bus.
    pub first: u32,
    /// Packets of the transfer, those before `first` included.
    pub packets: u32,
}

/// Where one isochronous packet lies in its transfer's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Bytes from the buffer's start.
    pub offset: u32,
    /// Bytes to send for OUT, room for IN.
    pub length: u32,
}

/// How one isochronous packet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PacketEnd {
    /// [`Status::Ok`], or why there are no or not all data.
    pub status: Status,
    /// Bytes sent or received.
    pub length: u32,
}

/// One transfer. Its bytes are not here: the model asks [`HostMemory`](crate::HostMemory) for them by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// The host's name for it.
    pub id: TransferId,
    /// Endpoint address, bit 7 set for IN; zero for control transfers.
    pub endpoint: u8,
    /// Its kind, and what belongs to it.
    pub kind: Kind,
    /// Bytes of the host's buffer: to send for OUT, at most to receive for IN.
    pub length: u32,
}

impl Transfer {
    /// A control transfer; its length is the SETUP packet's `wLength`.
    #[must_use]
    pub const fn control(id: TransferId, setup: Setup) -> Self {
        Self { id, endpoint: 0, kind: Kind::Control { setup }, length: setup.length as u32 }
    }

    /// A bulk or interrupt transfer of `length` bytes; bit 7 of the endpoint's address gives the direction.
    #[must_use]
    pub const fn bulk_or_interrupt(id: TransferId, endpoint: u8, length: u32) -> Self {
        Self { id, endpoint, kind: Kind::BulkOrInterrupt, length }
    }

    /// A bulk transfer of `length` bytes on a stream.
    #[must_use]
    pub const fn stream(id: TransferId, endpoint: u8, stream: u16, length: u32) -> Self {
        Self { id, endpoint, kind: Kind::Stream { id: stream }, length }
    }

    /// An isochronous transfer with a buffer of `length` bytes.
    #[must_use]
    pub const fn isochronous(id: TransferId, endpoint: u8, length: u32, schedule: Schedule) -> Self {
        Self { id, endpoint, kind: Kind::Isochronous(schedule), length }
    }

    /// Which way the data go.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        match self.kind {
            Kind::Control { setup } => setup.direction(),
            Kind::BulkOrInterrupt | Kind::Stream { .. } | Kind::Isochronous(_) => {
                Direction::of(self.endpoint)
            }
        }
    }
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Completed. An IN transfer may be shorter than asked for; whether that is an error is the host's business.
    Ok,
    /// The device answered STALL. A bulk or interrupt endpoint is halted until it is reset.
    Stall,
    /// The device sent more than the host had room for (babble). What did not fit is lost.
    Overrun,
    /// The device did not answer: three transactions failed. For an isochronous packet, which is tried once: nothing
    /// came.
    NoResponse,
    /// An isochronous packet came damaged.
    Damaged,
    /// The endpoint is no more: another configuration or alternate setting was selected, the device was reset, or
    /// it was unplugged.
    Gone,
}

/// A transfer that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Completion {
    /// Which transfer.
    pub id: TransferId,
    /// How it ended.
    pub status: Status,
    /// Bytes that moved: taken by the device for OUT, written to the host's buffer for IN.
    pub length: u32,
    /// When it ended. Never later than the time of the poll that reports it.
    pub at: crate::Time,
}
