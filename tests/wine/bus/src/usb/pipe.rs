//! Pipes: what the stack opens for the endpoints of a selected configuration.

use usb_models::Speed;

use super::{Usb, parse::Endpoint, streams::Streams};

/// `USBD_PIPE_TYPE`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeKind {
    Control = 0,
    Isochronous = 1,
    Bulk = 2,
    Interrupt = 3,
}

impl PipeKind {
    /// From `bmAttributes` of an endpoint descriptor.
    pub const fn of(attributes: u8) -> Self {
        match attributes & 3 {
            0 => Self::Control,
            1 => Self::Isochronous,
            2 => Self::Bulk,
            _ => Self::Interrupt,
        }
    }
}

/// An open pipe.
#[derive(Clone, Copy, Debug)]
pub struct Pipe {
    /// The interface that it belongs to.
    pub interface: u8,
    /// `bEndpointAddress`
    pub endpoint: u8,
    pub kind: PipeKind,
    /// `MaximumPacketSize` as the client is told.
    pub packet: u16,
    /// `bInterval`
    pub interval: u8,
    /// The host side is halted: it takes no transfer before it is reset.
    pub halted: bool,
    /// How many streams its endpoint has by its companion descriptor.
    pub max_streams: u32,
    /// Whether they are open.
    pub streams: Streams,
    /// Of a stream: its identifier and the pipe that it was opened on.
    pub stream: Option<(u16, usize)>,
    /// Isochronous: the frame after everything that was submitted, since the pipe was opened or reset.
    pub next_frame: Option<u64>,
}

/// `MaximumPacketSize` of the pipe of an endpoint: for isochronous pipes all bytes of one interval.
pub fn maximum_packet(speed: Speed, endpoint: Endpoint) -> u16 {
    let (packet, transactions) = (endpoint.packet & 0x07FF, (endpoint.packet >> 11 & 3) + 1);
    match (PipeKind::of(endpoint.attributes), speed) {
        (PipeKind::Isochronous, Speed::High) => packet.saturating_mul(transactions),
        (PipeKind::Isochronous, Speed::Super) => {
            endpoint.companion.map_or(packet, |companion| companion.bytes_per_interval)
        }
        (PipeKind::Isochronous, _) => packet,
        _ => endpoint.packet,
    }
}

impl Usb {
    /// Opens a pipe. Its handle is a number that no other pipe of this device's has, had or will have.
    pub(super) fn open_pipe(&mut self, pipe: Pipe) -> usize {
        let handle = self.token();
        self.pipes.insert(handle, pipe);
        handle
    }

    /// Closes the pipes of one interface, or all: their handles are stale from here on.
    pub(super) fn close_pipes(&mut self, interface: Option<u8>) {
        self.pipes.retain(|_, pipe| interface.is_some_and(|interface| pipe.interface != interface));
    }

    /// Whether the stack holds transfers of a pipe.
    pub(super) fn is_busy(&self, handle: usize) -> bool {
        self.transfers.values().any(|transfer| transfer.job.pipe == handle)
    }
}
