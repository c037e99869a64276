//! Pipes: what the stack opens for the endpoints of a selected configuration.

use nt_trace::{ObjectId, ObjectKind};

use usb_models::Speed;

use super::{Usb, parse::Endpoint, streams::Streams};
use crate::{
    kernel::Kernel,
    mem::{Addr, Fill, Request},
    stop::Stop,
};

/// `USBD_PIPE_TYPE`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PipeKind {
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
pub(super) struct Pipe {
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
    pub stream: Option<(u16, Addr)>,
    /// Isochronous: the frame after everything that was submitted, since the pipe was opened or reset.
    pub next_frame: Option<u64>,
}

/// `MaximumPacketSize` of the pipe of an endpoint: for isochronous pipes all bytes of one interval.
///
/// Page: `usbcon/transfer-data-to-isochronous-endpoints`.
pub(super) fn maximum_packet(speed: Speed, endpoint: Endpoint) -> u16 {
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

/// How many streams an endpoint has: those of its companion descriptor (USB 3.2, table 9-28).
pub(super) fn maximum_streams(speed: Speed, endpoint: Endpoint) -> u32 {
    let bulk = PipeKind::of(endpoint.attributes) == PipeKind::Bulk && speed == Speed::Super;
    let companion = endpoint.companion.filter(|_| bulk);
    match companion.map_or(0, |companion| companion.attributes & 0x1F) {
        0 => 0,
        exponent @ 1..=15 => 1 << exponent,
        _ => 65_533,
    }
}

/// Handles of pipes and configurations are addresses from here on: above everything that a driver can reach.
const TOKENS: u64 = 0xFFFF_9000_0000_0000;
/// The distance between two of them.
const TOKEN_STRIDE: u64 = 0x200;

impl Kernel {
    /// Opens a pipe. Its handle is an address that no other pipe of this life has, had or will have, so a
    /// stale handle is known for what it is.
    pub(super) fn usb_open_pipe(&mut self, pdo: Addr, pipe: Pipe) -> Addr {
        let (handle, name) = (self.usb.token(), self.mem.name(ObjectKind::Pipe));
        self.usb.pipe_names.insert(handle, name);
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.pipes.insert(handle, pipe);
        }
        handle
    }

    /// Closes the pipes of one interface, or all: their handles are stale from here on.
    pub(super) fn usb_close_pipes(&mut self, pdo: Addr, interface: Option<u8>) {
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.pipes.retain(|_, pipe| interface.is_some_and(|interface| pipe.interface != interface));
        }
    }

    /// Memory that stands for something of the stack's own: the driver holds its address and may not look.
    pub(crate) fn opaque(&mut self, kind: ObjectKind, length: u64) -> Result<Addr, Stop> {
        let site = self.site();
        let address = self.mem.allocate(Request { kind, length, tag: 0, fill: Fill::Zero, site })?;
        self.mem.set_revoked(address, true);
        Ok(address)
    }

    /// The name of a pipe handle, stale ones included.
    pub(super) fn usb_pipe_name(&self, handle: Addr) -> ObjectId {
        self.usb.pipe_names.get(&handle).copied().unwrap_or(ObjectId::NONE)
    }
}

impl Usb {
    /// An address that was never given before, and where nothing is.
    pub(super) const fn token(&mut self) -> Addr {
        self.tokens += 1;
        Addr(TOKENS + self.tokens * TOKEN_STRIDE)
    }
}
