//! `USBD_INTERFACE_INFORMATION`: read where a client wrote it, and filled in.

use std::mem::offset_of;

use super::{
    parse::{Endpoint, Interface},
    pipe::{Pipe, PipeKind},
};
use crate::{
    abi::urb::{USBD_INTERFACE_INFORMATION, USBD_PIPE_INFORMATION},
    kernel::Kernel,
    mem::{Addr, BadAccess},
};

/// Size of the structure without pipes, in bytes.
const HEADER: u64 = offset_of!(USBD_INTERFACE_INFORMATION, Pipes) as u64;
/// Size of each pipe in it, in bytes.
const PIPE: u64 = size_of::<USBD_PIPE_INFORMATION>() as u64;
/// `USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE`
const DEFAULT_MAXIMUM_TRANSFER_SIZE: u32 = 0xFFFF_FFFF;

/// Size of the structure for a number of pipes, in bytes.
pub(super) const fn size(pipes: u8) -> u64 {
    HEADER + pipes as u64 * PIPE
}

/// What a client says in one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// `Length`
    pub length: u16,
    /// `InterfaceNumber`
    pub number: u8,
    /// `AlternateSetting`
    pub alternate: u8,
}

impl Kernel {
    pub(super) fn usb_read_interface(&self, at: Addr) -> Result<Told, BadAccess> {
        let length = self.mem.read(at)?;
        let number = self.mem.read(at.field(offset_of!(USBD_INTERFACE_INFORMATION, InterfaceNumber)))?;
        let alternate = self.mem.read(at.field(offset_of!(USBD_INTERFACE_INFORMATION, AlternateSetting)))?;
        Ok(Told { length, number, alternate })
    }

    /// Fills one in from its interface descriptor, without pipe handles. Zeros are there already.
    pub(super) fn usb_format_interface(&mut self, at: Addr, interface: Interface) -> Result<(), BadAccess> {
        // 255 pipes at most, so 6 KB.
        self.mem.write(at, &u16::try_from(size(interface.endpoints)).unwrap_or(u16::MAX))?;
        let fields =
            [interface.number, interface.alternate, interface.class, interface.subclass, interface.protocol];
        self.mem.write(at.field(offset_of!(USBD_INTERFACE_INFORMATION, InterfaceNumber)), &fields)?;
        let count = u32::from(interface.endpoints);
        self.mem.write(at.field(offset_of!(USBD_INTERFACE_INFORMATION, NumberOfPipes)), &count)?;
        for index in 0..u64::from(interface.endpoints) {
            let pipe = at.add(HEADER + index * PIPE);
            let maximum = pipe.field(offset_of!(USBD_PIPE_INFORMATION, MaximumTransferSize));
            self.mem.write(maximum, &DEFAULT_MAXIMUM_TRANSFER_SIZE)?;
        }
        Ok(())
    }

    /// What the stack answers about an interface.
    pub(super) fn usb_answer_interface(
        &mut self,
        at: Addr,
        interface: Interface,
        handle: Addr,
        pipes: u32,
    ) -> Result<(), BadAccess> {
        let fields = [interface.class, interface.subclass, interface.protocol];
        self.mem.write(at.field(offset_of!(USBD_INTERFACE_INFORMATION, Class)), &fields)?;
        self.mem.write(at.field(offset_of!(USBD_INTERFACE_INFORMATION, InterfaceHandle)), &handle)?;
        self.mem.write(at.field(offset_of!(USBD_INTERFACE_INFORMATION, NumberOfPipes)), &pipes)
    }

    /// What the stack answers about a pipe. `MaximumTransferSize` and `PipeFlags` stay as the client set them.
    pub(super) fn usb_answer_pipe(
        &mut self,
        at: Addr,
        index: u64,
        (endpoint, open): (Endpoint, Pipe),
        handle: Addr,
    ) -> Result<(), BadAccess> {
        let pipe = at.add(HEADER + index * PIPE);
        self.mem.write(pipe, &open.packet)?;
        let bytes = [endpoint.address, endpoint.interval];
        self.mem.write(pipe.field(offset_of!(USBD_PIPE_INFORMATION, EndpointAddress)), &bytes)?;
        let kind = PipeKind::of(endpoint.attributes) as u32;
        self.mem.write(pipe.field(offset_of!(USBD_PIPE_INFORMATION, PipeType)), &kind)?;
        self.mem.write(pipe.field(offset_of!(USBD_PIPE_INFORMATION, PipeHandle)), &handle)
    }
}
