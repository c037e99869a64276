//! Requests that go down with the caller's own IRP, and the pool that owns their URBs.
//!
//! A [`Slot`] is taken from the pool when a request is admitted, linked under the device's lock, and
//! moved into the IRP in [`Slot::send`]: from there to the completion routine nobody can reach the
//! URB. It comes back in the completion routine, or from `send` itself when the lower driver was that quick.
//!
//! Three parties meet at a request, and nobody waits for another. Between who sends it and the
//! completion routine one word decides, per submission: whoever comes last goes on, so that a lower
//! driver that completes inline costs no stack. Between that one and a canceller core's
//! [`RequestWord`] decides, once per request: whoever comes last finishes it.
//!
//! Page: [How to submit an URB](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-submit-an-urb)

// UNSAFETY: several parties share a slot, each its own members.
#![expect(unsafe_code, reason = "several parties share a slot, each its own members")]

mod alarm;
mod isoch;
mod pool;
mod send;

use alloc::boxed::Box;
use core::{marker::PhantomData, num::NonZeroU16, ptr, ptr::NonNull, sync::atomic::AtomicU8};

use usbclient_core::{
    alarm::Alarm,
    dispatch::Pended,
    request_word::{Complete, RequestWord},
    transfer::Chunks,
    urb::{Fixed, Isoch},
};
use usbclient_protocol::status::{NtStatus, Status};
use wdk_sys::{IRP, URB, USBD_HANDLE};

pub use self::{
    pool::{Cursor, Drained, Marked, Pool},
    send::Sent,
};
use super::{
    Nt,
    bounce::Bounce,
    device::Device,
    irp::FileId,
    irql::AtMostDispatch,
    isoch_urb::IsochFormat,
    mdl::PartialMdl,
    pool::try_box,
    timer::DpcTimer,
    urb::{Buffer, Format, Urb},
    usbd::HandleUse,
};
use crate::reader::Read;

/// Why this driver cancels a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The file's last handle was closed.
    Cleanup,
    /// The device goes away.
    Removal,
    /// A part of the device is taken out of use.
    Recovery,
    /// The requests of a stream are brought back, which only cancelling does.
    Abort,
    /// Its time is over.
    Timeout,
    /// It is a continuous reader's, which is stopped.
    Reader,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Which file it came through.
    pub file: FileId,
    /// Its place among the device's requests.
    pub sequence: u64,
}

/// What the device's lock guards of a request in flight.
pub struct Entry {
    irp: NonNull<IRP>,
    /// Which file it came through.
    pub file: FileId,
    /// The endpoint it is for; zero is the default pipe.
    pub endpoint: u8,
    /// The stream's id; zero: the pipe itself.
    pub stream: u8,
    /// Its place among the device's requests.
    pub sequence: u64,
    /// It is a continuous reader's.
    pub is_read: bool,
    /// Set by the first canceller.
    pub cause: Option<Cause>,
}

/// What the owner of a slot knows of its request. It is written where it stays: nothing of it is copied on its way.
pub struct Request {
    /// The caller's IRP. `None` while it is below, and of a slot that nobody uses.
    pub pended: Option<Pended<Nt>>,
    /// The use of the handle that the request is. `None`: nobody uses the slot.
    pub handle: Option<HandleUse>,
    /// The device. Never changed.
    pub device: Device,
    /// What the URB carries.
    pub work: Work,
    /// The endpoint; zero is the default pipe.
    pub endpoint: u8,
    /// The stream's id; zero: the pipe itself.
    pub stream: u8,
    /// Its pieces, and how far it is.
    pub chunks: Chunks,
    /// How it ends, once that is decided.
    pub end: Option<End>,
    /// For parts of the caller's buffer, if there may be more than one.
    pub partial: Option<PartialMdl>,
    /// For a packet that the caller's buffer has no room for.
    pub bounce: Option<Bounce>,
    /// What does not fit is kept for the next read.
    pub keeps_left_over: bool,
    /// Bytes at its start that come out of what an earlier read left over.
    pub front: u32,
    /// What the request is, if it is a continuous reader's and has no caller.
    pub read: Option<Box<Read>>,
}

impl Request {
    /// Of a slot that nobody uses.
    const fn none(device: Device) -> Self {
        Self {
            pended: None,
            handle: None,
            device,
            work: Work::Fixed(Format::FrameNumber),
            endpoint: 0,
            stream: 0,
            chunks: Chunks::new(0, 1),
            end: None,
            partial: None,
            bounce: None,
            keeps_left_over: false,
            front: 0,
            read: None,
        }
    }
}

/// Where a request goes, and in what pieces.
#[derive(Clone, Copy)]
pub struct Route {
    /// The endpoint; zero is the default pipe.
    pub endpoint: u8,
    /// The stream's id; zero: the pipe itself.
    pub stream: u8,
    /// Its pieces.
    pub chunks: Chunks,
}

/// What a slot's URB carries: made by [`Job`], so that both are of one kind.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// A request of fixed size.
    Fixed(Format),
    /// An isochronous transfer.
    Isoch(IsochFormat),
}

/// A slot that nobody uses, and what its URB, which is of the same kind, shall carry.
pub enum Job {
    /// A request of fixed size.
    Fixed(Slot<Free>, Format),
    /// An isochronous transfer.
    Isoch(Slot<Free<Isoch>>, IsochFormat),
}

impl Job {
    /// Writes down what the request is.
    pub const fn prepare(self, handle: HandleUse, route: Route) -> Slot<Prepared> {
        let (body, work) = self.into_parts();
        let mut slot = Slot { body, state: PhantomData };
        let request = slot.request();
        let Route { endpoint, stream, chunks } = route;
        (request.work, request.handle) = (work, Some(handle));
        (request.endpoint, request.stream) = (endpoint, stream);
        (request.front, request.chunks) = (chunks.done(), chunks);
        request.keeps_left_over = false;
        slot
    }

    const fn into_parts(self) -> (NonNull<Body>, Work) {
        match self {
            Self::Fixed(slot, format) => (slot.into_body(), Work::Fixed(format)),
            Self::Isoch(slot, format) => (slot.into_body(), Work::Isoch(format)),
        }
    }
}

/// The URB of a slot.
enum SlotUrb {
    Fixed(Urb<Fixed>),
    Isoch(Urb<Isoch>),
}

impl SlotUrb {
    /// Formats the URB for one submission. `None`: it cannot carry that.
    fn format(&mut self, work: &Work, buffer: Buffer, length: u32, input: &[u8]) -> Option<()> {
        match (self, work) {
            (Self::Fixed(urb), Work::Fixed(format)) => {
                urb.format(format, buffer, length);
                Some(())
            }
            (Self::Isoch(urb), Work::Isoch(format)) => urb.format(format, buffer, input),
            // Never happens: a job has both of one kind.
            (Self::Fixed(_), Work::Isoch(_)) | (Self::Isoch(_), Work::Fixed(_)) => None,
        }
    }

    const fn as_ptr(&self) -> *mut URB {
        match self {
            Self::Fixed(urb) => urb.as_ptr(),
            Self::Isoch(urb) => urb.as_ptr(),
        }
    }

    const fn handle(&self) -> USBD_HANDLE {
        match self {
            Self::Fixed(urb) => urb.handle(),
            Self::Isoch(urb) => urb.handle(),
        }
    }

    const fn status(&self, irp_status: NtStatus) -> NtStatus {
        match self {
            Self::Fixed(urb) => urb.status(irp_status),
            Self::Isoch(urb) => urb.status(irp_status),
        }
    }

    const fn usbd_status(&self) -> i32 {
        match self {
            Self::Fixed(urb) => urb.usbd_status(),
            Self::Isoch(urb) => urb.usbd_status(),
        }
    }

    /// What the last submission left is not what the next one says, if that does not take place.
    const fn forget(&mut self) {
        match self {
            Self::Fixed(urb) => urb.forget(),
            Self::Isoch(urb) => urb.forget(),
        }
    }
}

/// How a request ends.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// What the lower driver, or this one, says.
    pub status: NtStatus,
    /// Bytes moved.
    pub information: u32,
}

struct Body {
    urb: SlotUrb,
    /// Between `send` and the completion routine.
    sending: AtomicU8,
    /// Between the request's owner and a canceller.
    word: RequestWord,
    /// Of the pool that owns the slot. Never changed.
    device: Device,
    /// Gives the request up. Set and cancelled under the device's lock.
    timer: DpcTimer,
    /// Guarded by the device's lock.
    alarm: Alarm,
    /// Guarded by the device's lock.
    next_of_all: *mut Self,
    /// Guarded by the device's lock.
    next_free: *mut Self,
    /// Guarded by the device's lock. `Some` while the slot is linked.
    entry: Option<Entry>,
    /// The owner's: of the prepared or linked slot, or of the completion routine.
    request: Request,
}

/// A slot nobody uses, whose URB is of kind `K`.
pub struct Free<K = Fixed>(PhantomData<K>);
/// A slot with a request that is not in flight yet.
pub struct Prepared(());
/// A slot with a request that is counted as in flight.
pub struct Linked(());

/// The states in which whoever has the token has the request.
pub trait HasRequest {}
impl HasRequest for Prepared {}
impl HasRequest for Linked {}

/// The right to use one slot of the pool.
pub struct Slot<S> {
    body: NonNull<Body>,
    state: PhantomData<S>,
}

// SAFETY: a slot belongs to whoever owns the token, not to a thread.
unsafe impl<S> Send for Slot<S> {}

/// The body of a slot that is not in any pool yet.
pub struct NewSlot(Box<Body>);

impl NewSlot {
    /// Allocates a slot and its URB. Not under a lock.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES` and others, as `USBD_UrbAllocate` documents.
    pub fn allocate(device: Device, handle: &HandleUse, irql: &AtMostDispatch) -> Result<Self, Status> {
        Self::with(device, SlotUrb::Fixed(Urb::allocate(handle, irql)?))
    }

    /// The same with an URB for isochronous transfers of so many packets.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES` and others, as `USBD_IsochUrbAllocate` documents.
    pub fn allocate_isoch(
        device: Device,
        max_packets: NonZeroU16,
        handle: &HandleUse,
        irql: &AtMostDispatch,
    ) -> Result<Self, Status> {
        Self::with(device, SlotUrb::Isoch(Urb::allocate_isoch(max_packets, handle, irql)?))
    }

    fn with(device: Device, urb: SlotUrb) -> Result<Self, Status> {
        let body = Body {
            urb,
            sending: AtomicU8::new(0),
            word: RequestWord::new(),
            device,
            timer: DpcTimer::uninit(),
            alarm: Alarm::Off,
            next_of_all: ptr::null_mut(),
            next_free: ptr::null_mut(),
            entry: None,
            request: Request::none(device),
        };
        try_box(body).map(Self)
    }
}

impl<S> Slot<S> {
    const fn into_body(self) -> NonNull<Body> {
        self.body
    }
}

impl<S: HasRequest> Slot<S> {
    /// The request.
    pub const fn request(&mut self) -> &mut Request {
        // SAFETY: the token is the right to the request. The entry, which a canceller may look at
        // under the lock, is another member.
        let request = unsafe { &raw mut (*self.body.as_ptr()).request };
        // SAFETY: as above.
        unsafe { &mut *request }
    }
}

impl Slot<Prepared> {
    /// The endpoint, if the request is to abort it.
    pub const fn aborts(&mut self) -> Option<u8> {
        let request = self.request();
        if matches!(request.work, Work::Fixed(Format::AbortPipe(_))) { Some(request.endpoint) } else { None }
    }
}

impl Slot<Linked> {
    const fn urb(&mut self) -> &mut SlotUrb {
        // SAFETY: the token is the right to the URB, which is not active.
        let urb = unsafe { &raw mut (*self.body.as_ptr()).urb };
        // SAFETY: as above.
        unsafe { &mut *urb }
    }

    /// Both at once.
    const fn urb_and_request(&mut self) -> (&mut SlotUrb, &mut Request) {
        // SAFETY: as in `urb`.
        let urb = unsafe { &raw mut (*self.body.as_ptr()).urb };
        // SAFETY: another member than the request, borrowed as long as that from the same token.
        let urb = unsafe { &mut *urb };
        (urb, self.request())
    }

    /// Bytes that the submission moved, when the IRP has this status. Zero for an isochronous one,
    /// whose results tell.
    pub const fn transferred(&mut self, irp_status: NtStatus) -> u32 {
        match self.urb() {
            SlotUrb::Fixed(urb) => urb.transferred(irp_status),
            SlotUrb::Isoch(_) => 0,
        }
    }

    /// The answer to a request for the frame number, after it has come back.
    pub const fn frame_number(&mut self) -> Option<u32> {
        match self.urb() {
            SlotUrb::Fixed(urb) => Some(urb.frame_number()),
            SlotUrb::Isoch(_) => None,
        }
    }

    /// How the submission ended, when the IRP has this status.
    pub const fn status(&mut self, irp_status: NtStatus) -> NtStatus {
        self.urb().status(irp_status)
    }

    /// `USBD_STATUS` of the submission.
    pub const fn usbd_status(&mut self) -> i32 {
        self.urb().usbd_status()
    }

    /// Says that the request is over. Gives it back to be finished, unless a canceller has it: that
    /// one finishes it then.
    #[must_use]
    pub fn over(self) -> Option<Self> {
        // SAFETY: alive; only the word's address is made.
        let word = unsafe { &raw const (*self.body.as_ptr()).word };
        // SAFETY: an atomic word in a slot that is in use.
        match unsafe { &*word }.complete() {
            Complete::Finish => Some(self),
            Complete::CancellerFinishes => None,
        }
    }
}
