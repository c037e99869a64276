//! One read of a continuous reader: what it needs, and while it is on its way, which one it is.

use alloc::boxed::Box;

use usbclient_protocol::status::{STATUS_SUCCESS, Status};

use super::chain::{Chain, Link};
use crate::nt::{
    OwnIrp,
    bounce::OwnBuffer,
    device::Device,
    irql::AtMostDispatch,
    pool,
    slot::{End, Free, NewSlot, Slot},
    usbd::HandleUse,
};

/// One read.
pub struct Read {
    pub(super) irp: OwnIrp,
    pub(super) buffer: OwnBuffer,
    /// Not the pool's yet.
    pub(super) new_slot: Option<NewSlot>,
    /// `None` while it is on its way, and while the device is stopped.
    pub(super) slot: Option<Slot<Free>>,
    pub(super) number: u64,
    pub(super) end: End,
    pub(super) was_cancelled: bool,
    pub(super) meets_halt: bool,
    next: Option<Box<Self>>,
}

/// Reads that are not on their way.
pub type Reads = Chain<Read>;

impl Read {
    /// Allocates everything that it will ever need. Not under the lock.
    pub(super) fn allocate(
        device: Device,
        handle: &HandleUse,
        length: u32,
        irql: &AtMostDispatch,
    ) -> Result<Box<Self>, Status> {
        pool::try_box(Self {
            irp: OwnIrp::for_device(device, irql)?,
            buffer: OwnBuffer::allocate(length, irql)?,
            new_slot: Some(NewSlot::allocate(device, handle, irql)?),
            slot: None,
            number: 0,
            end: End { status: STATUS_SUCCESS, information: 0 },
            was_cancelled: false,
            meets_halt: false,
            next: None,
        })
    }

    /// Where its data arrive.
    pub const fn buffer(&self) -> &OwnBuffer {
        &self.buffer
    }
}

impl Link for Read {
    fn next(&mut self) -> &mut Option<Box<Self>> {
        &mut self.next
    }
}
