//! Pipes: what the stack opens for the endpoints of a selected configuration.

use nt_trace::{ObjectId, ObjectKind};

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
    /// The host side is halted: it takes no transfer before it is reset.
    pub halted: bool,
}

/// Size of what a pipe handle points to. No driver may look at it, so it is never accessible.
const OPAQUE: u64 = 16;

impl Kernel {
    /// Opens a pipe. Its handle is an address that no other pipe of this life has, had or will have, so a
    /// stale handle is known for what it is.
    pub(super) fn usb_open_pipe(&mut self, pdo: Addr, pipe: Pipe) -> Result<Addr, Stop> {
        let handle = self.opaque(ObjectKind::Pipe, OPAQUE)?;
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.pipes.insert(handle, pipe);
        }
        Ok(handle)
    }

    /// Closes the pipes of one interface, or all: their handles are stale from here on.
    pub(super) fn usb_close_pipes(&mut self, pdo: Addr, interface: Option<u8>) -> Result<(), Stop> {
        let Some(device) = self.usb.devices.get_mut(&pdo) else { return Ok(()) };
        let concerned = |pipe: &Pipe| interface.is_none_or(|interface| pipe.interface == interface);
        let closed: Vec<Addr> =
            device.pipes.iter().filter(|(_, pipe)| concerned(pipe)).map(|(handle, _)| *handle).collect();
        for handle in &closed {
            device.pipes.remove(handle);
        }
        for handle in closed {
            self.mem.free(handle, self.site())?;
        }
        Ok(())
    }

    /// Memory that stands for something of the stack's own: the driver holds its address and may not look.
    pub(super) fn opaque(&mut self, kind: ObjectKind, length: u64) -> Result<Addr, Stop> {
        let site = self.site();
        let address = self.mem.allocate(Request { kind, length, tag: 0, fill: Fill::Zero, site })?;
        self.mem.set_revoked(address, true);
        Ok(address)
    }

    /// The name of a pipe handle, stale ones included.
    pub(super) fn usb_pipe_name(&self, handle: Addr) -> ObjectId {
        let name = self.object(handle);
        if name.kind == ObjectKind::Pipe { name } else { ObjectId::NONE }
    }
}
