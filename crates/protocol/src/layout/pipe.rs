//! Pipes.

use super::field::layout;

layout! {
    /// Which pipe is meant. Input of `ABORT_PIPE`, `RESET_PIPE`, `FLUSH_PIPE`, `CLOSE_STREAMS`, `STOP_READER` and
    /// `GET_READER_STATE`.
    PipeSelect: 4 {
        /// A pipe's handle, or an endpoint address (`bEndpointAddress`).
        target: u32,
    }
}

impl PipeSelect {
    /// Means the pipe with this handle or endpoint address.
    #[must_use]
    pub const fn new(target: u32) -> Self {
        Self { target }
    }
}

/// How an endpoint transfers: bits 0 and 1 of `bmAttributes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferType {
    /// Setup, data and status stages.
    Control = 0,
    /// Packets at a fixed rate, without retries.
    Isochronous = 1,
    /// Packets when the bus has time.
    Bulk = 2,
    /// Packets polled at an interval.
    Interrupt = 3,
}

impl TransferType {
    /// From `bmAttributes`; the upper six bits are ignored.
    #[must_use]
    pub const fn from_attributes(attributes: u8) -> Self {
        match attributes & 3 {
            0 => Self::Control,
            1 => Self::Isochronous,
            2 => Self::Bulk,
            _ => Self::Interrupt,
        }
    }
}

layout! {
    /// The start of the reply of `GET_PIPES`.
    PipeListHeader: 4 {
        /// How many pipes there are, also when fewer entries fitted.
        count: u32,
    }
}

layout! {
    /// One pipe in the reply of `GET_PIPES`.
    PipeEntry: 16 {
        /// `bInterfaceNumber` of the interface that the endpoint belongs to.
        interface: u8,
        /// `bEndpointAddress`.
        endpoint: u8,
        /// `bmAttributes`.
        attributes: u8,
        /// `bInterval`.
        interval: u8,
        /// `wMaxPacketSize`: bytes of one packet in bits 0 to 10, additional transactions per microframe in bits 11
        /// and 12.
        max_packet_size: u16,
        /// `bAlternateSetting` that the endpoint belongs to.
        alternate: u8,
        /// `bMaxBurst` of a `SuperSpeed` endpoint's companion: packets of a burst, less one.
        max_burst: u8,
        /// Bytes that go to the bus as one transfer; longer requests are split by the driver.
        max_transfer_size: u32,
        /// Streams that can be opened; zero: none.
        max_streams: u16,
        /// Zero.
        reserved: u16,
    }
}
