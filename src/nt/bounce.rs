//! The bounce packet of a pipe: where a read ends inside a packet, that packet arrives here. The one
//! place from which the driver copies data of a transfer.
//!
//! Pages: [MmBuildMdlForNonPagedPool](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-mmbuildmdlfornonpagedpool),
//! [IoFreeMdl](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iofreemdl)

// UNSAFETY: an MDL is the kernel's, and a transfer writes to the memory it describes.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use alloc::vec::Vec;
use core::ptr::{self, NonNull};

use usbclient_core::transfer::Bounced;
use usbclient_protocol::status::{STATUS_INSUFFICIENT_RESOURCES, Status};
use wdk_sys::{
    MDL,
    ntddk::{IoAllocateMdl, IoFreeMdl, MmBuildMdlForNonPagedPool},
};

use super::{irp::Irp, irql::AtMostDispatch, pool};

/// Memory of this driver's own that a transfer moves data from or to, with its MDL.
pub struct OwnBuffer {
    bytes: Vec<u8>,
    mdl: NonNull<MDL>,
}

// SAFETY: owns nonpaged memory that belongs to no thread.
unsafe impl Send for OwnBuffer {}

impl OwnBuffer {
    /// `length` zeroed bytes in nonpaged pool, and their MDL. IRQL: `DISPATCH_LEVEL` or below.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory, or nothing is asked for.
    pub fn allocate(length: u32, _irql: &AtMostDispatch) -> Result<Self, Status> {
        if length == 0 {
            return Err(STATUS_INSUFFICIENT_RESOURCES);
        }
        let mut bytes = pool::try_zeroed(length as usize)?;
        // SAFETY: the memory is only described, and no IRP is named.
        let mdl = unsafe { IoAllocateMdl(bytes.as_mut_ptr().cast(), length, 0, 0, ptr::null_mut()) };
        let mdl = NonNull::new(mdl).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
        // SAFETY: the MDL describes nonpaged pool, which stays as long as the MDL.
        unsafe { MmBuildMdlForNonPagedPool(mdl.as_ptr()) };
        Ok(Self { bytes, mdl })
    }

    /// What describes the memory, for a transfer that is not under way yet.
    pub(in crate::nt) const fn mdl(&self) -> NonNull<MDL> {
        self.mdl
    }

    /// The bytes. Not while a transfer is under way.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for OwnBuffer {
    fn drop(&mut self) {
        // SAFETY: owned, allocated by IoAllocateMdl, and freed once, before the memory that it describes.
        unsafe { IoFreeMdl(self.mdl.as_ptr()) };
    }
}

/// The bounce packet, and what came in it: for the request that has it, and for the next one.
///
/// Nothing is copied to the caller before the request ends: until then its pages are the lower drivers'.
pub struct Bounce {
    buffer: OwnBuffer,
    /// What no read has taken yet.
    left_over: Kept,
    /// What belongs to the end of the caller's buffer.
    tail: Kept,
    /// Where that is.
    tail_offset: u32,
    /// What came after it.
    next: Kept,
}

/// A part of one packet.
struct Kept {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
    ends_short: bool,
}

impl Kept {
    fn allocate(packet: u16) -> Result<Self, Status> {
        Ok(Self { bytes: pool::try_zeroed(packet.into())?, from: 0, to: 0, ends_short: false })
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(self.from..self.to).unwrap_or_default()
    }

    const fn clear(&mut self) {
        (self.from, self.to, self.ends_short) = (0, 0, false);
    }

    /// Adds bytes, as many as there is room for.
    fn add(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.to..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
            self.to = self.to.saturating_add(1);
        }
    }
}

impl Bounce {
    /// Room for one packet. IRQL: `DISPATCH_LEVEL` or below.
    ///
    /// # Errors
    ///
    /// As [`OwnBuffer::allocate`].
    pub fn allocate(packet: u16, irql: &AtMostDispatch) -> Result<Self, Status> {
        Ok(Self {
            buffer: OwnBuffer::allocate(packet.into(), irql)?,
            left_over: Kept::allocate(packet)?,
            tail: Kept::allocate(packet)?,
            tail_offset: 0,
            next: Kept::allocate(packet)?,
        })
    }

    pub(in crate::nt) const fn mdl(&self) -> NonNull<MDL> {
        self.buffer.mdl()
    }

    /// What is left of an earlier read.
    pub fn left_over(&self) -> &[u8] {
        self.left_over.get()
    }

    /// Forgets what is left of earlier reads.
    pub const fn flush(&mut self) {
        self.left_over.clear();
    }

    /// Whether the first `count` bytes of what is left end where a short packet did.
    pub fn is_short_end(&self, count: usize) -> bool {
        self.left_over.ends_short && count == self.left_over.get().len()
    }

    /// Gives the first `count` bytes of what is left to a request that ends.
    pub fn give_front(&mut self, irp: &mut Irp, count: usize) {
        let front = self.left_over.get().get(..count).unwrap_or_default();
        // The buffer was mapped and is long enough, or the request would not have been admitted.
        let _written = irp.write_buffer(0, front);
        self.left_over.from = self.left_over.from.saturating_add(count).min(self.left_over.to);
    }

    /// A packet has arrived: keeps what belongs to the caller, and what does not.
    pub fn arrived(&mut self, bounced: &Bounced) {
        let packet = self.buffer.bytes();
        let (mine, rest) = packet.split_at_checked(bounced.length.into()).unwrap_or((packet, &[]));
        if self.tail.get().is_empty() {
            self.tail_offset = bounced.offset;
        }
        self.tail.add(mine);
        self.next.clear();
        self.next.add(rest.get(..usize::from(bounced.left_over)).unwrap_or_default());
        self.next.ends_short = bounced.is_short;
    }

    /// The request ends: its caller gets the first `front` bytes out of what an earlier read left over, and
    /// the end of its data out of the packet. What is left over now is kept, or dropped.
    pub fn give(&mut self, irp: &mut Irp, front: u32, keeps_left_over: bool) {
        self.give_front(irp, front as usize);
        let _written = irp.write_buffer(self.tail_offset as usize, self.tail.get());
        self.tail.clear();
        if self.left_over.get().is_empty() && keeps_left_over {
            core::mem::swap(&mut self.left_over, &mut self.next);
        }
        self.next.clear();
    }
}
