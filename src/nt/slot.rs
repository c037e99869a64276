//! Requests that go down with the caller's own IRP, and the pool that owns their URBs.
//!
//! A [`Slot`] is taken from the pool when a request is admitted, linked under the device's lock, and
//! moved into the IRP in [`Slot::send`]: from there to the completion routine nobody can reach the
//! URB. It comes back in [`completed`], or from `send` itself when the lower driver was that quick.
//!
//! Three parties meet at a request, and nobody waits for another. Between who sends it and the
//! completion routine one word decides, per submission: whoever comes last goes on, so that a lower
//! driver that completes inline costs no stack. Between that one and a canceller core's
//! [`RequestWord`] decides, once per request: whoever comes last finishes it.
//!
//! Pages: [Submitting an URB](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-submit-an-urb),
//! [IoCancelIrp](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocancelirp),
//! [IO_COMPLETION_ROUTINE](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-io_completion_routine)

// UNSAFETY: moves a structure into an IRP as the context of its completion routine, and back.
#![expect(unsafe_code, reason = "moves ownership through an IRP")]

use alloc::boxed::Box;
use core::{
    ffi::c_void,
    marker::PhantomData,
    ptr::{self, NonNull},
    sync::atomic::{AtomicU8, Ordering},
};

use usbclient_core::{
    dispatch::{IrpCalls as _, Pended},
    request_word::{Cancel, CancellerDone, Complete, RequestWord},
    transfer::{Chunk, Chunks},
};
use usbclient_protocol::status::{NtStatus, STATUS_INVALID_PARAMETER, Status};
use wdk_sys::{
    DEVICE_OBJECT, IRP, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED, STATUS_SUCCESS,
    ntddk::{IoCancelIrp, IofCallDriver},
};

use super::{
    Nt,
    device::Device,
    irp::{FileId, Irp},
    irql::AtMostDispatch,
    mdl::PartialMdl,
    own_irp, pool, stack_location,
    urb::{Buffer, Format, Urb},
    usbd::HandleUse,
};
use crate::transfer;

/// [`Slot::send`] has not returned from `IoCallDriver` yet.
const SENDING: u8 = 1;
/// The IRP has come back while [`Slot::send`] was not done.
const BACK: u8 = 2;

/// Why this driver cancels a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The file's last handle was closed.
    Cleanup,
    /// The device goes away.
    Removal,
}

/// What the device's lock guards of a request in flight.
pub struct Entry {
    irp: NonNull<IRP>,
    /// Which file it came through.
    pub file: FileId,
    /// The endpoint it is for; zero is the default pipe.
    pub endpoint: u8,
    /// Its place among the device's requests.
    pub sequence: u64,
    /// Set by the first canceller.
    pub cause: Option<Cause>,
}

/// What the owner of a linked slot knows of its request.
pub struct Request {
    /// The caller's IRP. `None` while it is below.
    pub pended: Option<Pended<Nt>>,
    /// The use of the handle that the request is.
    pub handle: HandleUse,
    /// The device.
    pub device: Device,
    /// What the URB is formatted for.
    pub format: Format,
    /// The endpoint; zero is the default pipe.
    pub endpoint: u8,
    /// Bytes to move.
    pub length: u32,
    /// Its pieces, and how far it is.
    pub chunks: Chunks,
    /// How it ends, once that is decided.
    pub end: Option<End>,
    /// For parts of the caller's buffer, if there may be more than one.
    pub partial: Option<PartialMdl>,
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
    urb: Urb,
    /// Between `send` and the completion routine.
    sending: AtomicU8,
    /// Between the request's owner and a canceller.
    word: RequestWord,
    /// Guarded by the device's lock.
    next_of_all: *mut Self,
    /// Guarded by the device's lock.
    next_free: *mut Self,
    /// Guarded by the device's lock. `Some` while the slot is linked.
    entry: Option<Entry>,
    /// The owner's: of the linked slot, or of the completion routine.
    request: Option<Request>,
}

/// A slot nobody uses.
pub struct Free(());
/// A slot with a request that is counted as in flight.
pub struct Linked(());

/// The right to use one slot of the pool.
pub struct Slot<S> {
    body: NonNull<Body>,
    state: PhantomData<S>,
}

// SAFETY: a slot belongs to whoever owns the token, not to a thread.
unsafe impl<S> Send for Slot<S> {}

/// Every URB of the device, and the slots that they belong to. The content of a lock.
pub struct Pool {
    all: *mut Body,
    free: *mut Body,
}

// SAFETY: owns nonpaged memory that belongs to no thread.
unsafe impl Send for Pool {}

/// The proof that every URB was freed.
pub struct Drained(());

/// The body of a slot that is not in any pool yet.
pub struct NewSlot(Box<Body>);

impl NewSlot {
    /// Allocates a slot and its URB. Not under a lock.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES` and others, as `USBD_UrbAllocate` documents.
    pub fn allocate(handle: &HandleUse, irql: &AtMostDispatch) -> Result<Self, Status> {
        let urb = Urb::allocate(handle, irql)?;
        let body = Body {
            urb,
            sending: AtomicU8::new(0),
            word: RequestWord::new(),
            next_of_all: ptr::null_mut(),
            next_free: ptr::null_mut(),
            entry: None,
            request: None,
        };
        pool::try_box(body).map(Self)
    }
}

impl Pool {
    /// No slots.
    pub const fn new() -> Self {
        Self { all: ptr::null_mut(), free: ptr::null_mut() }
    }

    /// Owns a new slot from now on.
    pub fn adopt(&mut self, slot: NewSlot) {
        // The pool owns it until it is drained.
        let body = Box::leak(slot.0);
        body.next_of_all = self.all;
        body.next_free = self.free;
        let body = &raw mut *body;
        self.all = body;
        self.free = body;
    }

    /// Takes a slot that nobody uses.
    pub fn take(&mut self) -> Option<Slot<Free>> {
        let body = NonNull::new(self.free)?;
        // SAFETY: on the free list of the pool that owns it, under the lock.
        self.free = unsafe { body.as_ref() }.next_free;
        Some(Slot { body, state: PhantomData })
    }

    /// Gives back a slot that was not needed.
    pub const fn put_back(&mut self, slot: Slot<Free>) {
        let mut body = slot.into_body();
        // SAFETY: the token is the right to the slot, under the lock.
        let body = unsafe { body.as_mut() };
        body.next_free = self.free;
        self.free = &raw mut *body;
    }

    /// Makes a pended IRP's request one in flight.
    #[expect(
        clippy::unused_self,
        clippy::needless_pass_by_ref_mut,
        reason = "the pool shows that the lock is held"
    )]
    pub fn link(
        &mut self,
        slot: Slot<Free>,
        pended: Pended<Nt>,
        mut request: Request,
        sequence: u64,
    ) -> Slot<Linked> {
        let mut slot = slot.into_body();
        // SAFETY: the token is the right to the slot, and nobody else knows a free one.
        let body = unsafe { slot.as_mut() };
        let (irp, device, tag) = pended.into_parts();
        body.entry = Some(Entry {
            irp: irp.as_non_null(),
            file: irp.file(),
            endpoint: request.endpoint,
            sequence,
            cause: None,
        });
        request.pended = Some(Pended::from_parts(irp, device, tag));
        body.request = Some(request);
        body.word.reset();
        Slot { body: slot, state: PhantomData }
    }

    /// Ends a request: the slot is free again. `None` never happens: a linked slot has both.
    pub fn unlink(&mut self, slot: Slot<Linked>) -> Option<(Request, Entry)> {
        let mut body = slot.into_body();
        // SAFETY: the token is the right to the slot; the lock keeps cancellers away from the entry.
        let body = unsafe { body.as_mut() };
        body.next_free = self.free;
        self.free = &raw mut *body;
        Some((body.request.take()?, body.entry.take()?))
    }

    /// Whether a request in flight is accepted by `wanted`.
    pub fn any(&self, mut wanted: impl FnMut(&Entry) -> bool) -> bool {
        let mut next = self.all;
        while let Some(body) = NonNull::new(next) {
            // SAFETY: owned by the pool; the entry and the links are guarded by the lock.
            let links = unsafe { Guarded::of(body) };
            if links.entry.as_ref().is_some_and(&mut wanted) {
                return true;
            }
            next = links.next_of_all;
        }
        false
    }

    /// The next request in flight, after `cursor`, that `wanted` accepts and that can be cancelled.
    /// The caller has a use of the handle, so that no slot is freed meanwhile.
    #[expect(clippy::needless_pass_by_ref_mut, reason = "writes entries, through pointers")]
    pub fn next_to_cancel(
        &mut self,
        cursor: &mut Cursor,
        cause: Cause,
        mut wanted: impl FnMut(&Entry) -> bool,
    ) -> Option<Marked> {
        let mut next = cursor.0.map_or(self.all, |body| {
            // SAFETY: owned by the pool, which frees no slot while the cursor is in use.
            unsafe { Guarded::of(body) }.next_of_all
        });
        while let Some(body) = NonNull::new(next) {
            cursor.0 = Some(body);
            // SAFETY: owned by the pool; the entry and the links are guarded by the lock.
            let links = unsafe { Guarded::of(body) };
            next = links.next_of_all;
            let Some(entry) = links.entry.as_mut().filter(|entry| wanted(entry)) else { continue };
            // SAFETY: a linked request's IRP is valid until the word says that it is over.
            if unsafe { stack_location::is_cancelled(entry.irp.as_ptr()) } {
                continue;
            }
            if links.word.cancel() == Cancel::ShouldCancel {
                entry.cause = Some(cause);
                return Some(Marked { body, irp: entry.irp });
            }
        }
        None
    }

    /// Frees every slot and its URB. Nothing is in flight: whoever calls has waited for that.
    pub fn drain(&mut self) -> Drained {
        let mut next = core::mem::take(&mut self.all);
        self.free = ptr::null_mut();
        while let Some(body) = NonNull::new(next) {
            // SAFETY: leaked from a box in `adopt`, and owned by this pool alone: no slot is taken.
            let body = unsafe { Box::from_raw(body.as_ptr()) };
            next = body.next_of_all;
        }
        Drained(())
    }
}

/// The members of a body that the device's lock guards, and the word that needs no guard.
struct Guarded<'a> {
    next_of_all: *mut Body,
    entry: &'a mut Option<Entry>,
    word: &'a RequestWord,
}

impl Guarded<'_> {
    /// # Safety
    ///
    /// The body is alive, and the device's lock is held as long as this lives, through the pool's `&mut` or `&`.
    unsafe fn of(body: NonNull<Body>) -> Self {
        let body = body.as_ptr();
        // SAFETY: alive; only addresses of guarded members are made, so the request's owner may use
        // the others.
        let next_of_all = unsafe { &raw const (*body).next_of_all };
        // SAFETY: as above.
        let entry = unsafe { &raw mut (*body).entry };
        // SAFETY: as above.
        let word = unsafe { &raw const (*body).word };
        Self {
            // SAFETY: guarded by the lock.
            next_of_all: unsafe { next_of_all.read() },
            // SAFETY: guarded by the lock.
            entry: unsafe { &mut *entry },
            // SAFETY: an atomic word, shared by nature.
            word: unsafe { &*word },
        }
    }
}

/// Where a canceller is in the pool.
pub struct Cursor(Option<NonNull<Body>>);

impl Cursor {
    /// Before the first slot.
    pub const fn new() -> Self {
        Self(None)
    }
}

/// A request that is being cancelled: its IRP exists until this is used up.
#[must_use = "a marked request must be cancelled"]
pub struct Marked {
    body: NonNull<Body>,
    irp: NonNull<IRP>,
}

impl Marked {
    /// `IoCancelIrp`, outside any lock. Gives the request to the canceller if it was over meanwhile.
    #[must_use]
    pub fn cancel(self, _irql: &AtMostDispatch) -> Option<Slot<Linked>> {
        // SAFETY: the word keeps the IRP, and the completion routine in it is this driver's.
        let _taken = unsafe { IoCancelIrp(self.irp.as_ptr()) };
        // SAFETY: alive; only the word's address is made.
        let word = unsafe { &raw const (*self.body.as_ptr()).word };
        // SAFETY: the slot is not free while the word says that it is being cancelled.
        match unsafe { &*word }.canceller_done() {
            CancellerDone::Finish => Some(Slot { body: self.body, state: PhantomData }),
            CancellerDone::CompletionFinishes => None,
        }
    }
}

impl<S> Slot<S> {
    const fn into_body(self) -> NonNull<Body> {
        self.body
    }
}

/// What became of a request that was sent.
pub enum Sent {
    /// It is below. The completion routine goes on with it; nothing of it may be touched.
    Away,
    /// It has come back already, or could not be sent. The IRP has the status.
    Back(Slot<Linked>),
}

impl Slot<Linked> {
    /// The request. `None` never happens: a linked slot has one.
    pub const fn request(&mut self) -> Option<&mut Request> {
        // SAFETY: the token is the right to the request. The entry, which a canceller may look at
        // under the lock, is another member.
        let request = unsafe { &raw mut (*self.body.as_ptr()).request };
        // SAFETY: as above.
        unsafe { &mut *request }.as_mut()
    }

    const fn urb(&mut self) -> &mut Urb {
        // SAFETY: the token is the right to the URB, which is not active.
        let urb = unsafe { &raw mut (*self.body.as_ptr()).urb };
        // SAFETY: as above.
        unsafe { &mut *urb }
    }

    /// Bytes that the submission moved.
    pub const fn transferred(&mut self) -> u32 {
        self.urb().transferred()
    }

    /// How the submission ended, when the IRP has this status.
    pub const fn status(&mut self, irp_status: NtStatus) -> NtStatus {
        self.urb().status(irp_status)
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

    /// Formats the URB, prepares the next stack location, assigns, and calls the lower driver: one
    /// operation, done anew for every submission.
    pub fn send(
        mut self,
        chunk: Chunk,
        before_release: impl FnOnce(&mut AtMostDispatch),
        irql: &mut AtMostDispatch,
    ) -> Sent {
        let body = self.body.as_ptr();
        let Some((irp, lower)) = self.prepare(chunk, irql) else {
            return Sent::Back(self);
        };
        // SAFETY: the token is the right to the word of sending.
        let sending = unsafe { &raw const (*body).sending };
        // SAFETY: an atomic word in a slot that is in use until both parties are done with it.
        let sending = unsafe { &*sending };
        sending.store(SENDING, Ordering::Release);
        // SAFETY: the IRP is prepared for the device below, which the remove lock keeps. From here on
        // the completion routine may run: only the word is touched.
        let _status = unsafe { IofCallDriver(lower.as_ptr(), irp) };
        before_release(irql);
        if sending.fetch_and(!SENDING, Ordering::AcqRel) & BACK == 0 {
            return Sent::Away;
        }
        Sent::Back(self)
    }

    /// Everything before the call. `None`: it cannot be sent, and the IRP has the status why.
    fn prepare(&mut self, chunk: Chunk, irql: &AtMostDispatch) -> Option<(*mut IRP, NonNull<DEVICE_OBJECT>)> {
        let context = self.body.as_ptr().cast::<c_void>();
        // SAFETY: the token is the right to the URB, which is not active.
        let urb = unsafe { &raw mut (*self.body.as_ptr()).urb };
        // SAFETY: as above.
        let urb = unsafe { &mut *urb };
        let request = self.request()?;
        let (mut irp, device, _tag) = request.pended.take()?.into_parts();
        let lower = device.lower();
        let buffer = describe(&irp, request.partial.as_mut(), chunk, irql);
        let (Some(lower), Ok(buffer)) = (lower, buffer) else {
            Nt::set_status(&mut irp, STATUS_INVALID_PARAMETER.nt());
            urb.format(&request.format, None, 0);
            let tag = Nt::tag(&irp);
            request.pended = Some(Pended::from_parts(irp, device, tag));
            return None;
        };
        urb.format(&request.format, buffer, chunk.length);
        let irp = irp.as_ptr();
        // SAFETY: the IRP is this driver's, with a location below; the slot lives until it is back.
        unsafe { stack_location::set_completion_routine(irp, Some(completed), context) };
        // SAFETY: as above; the URB cannot be reached until the slot comes back.
        unsafe { own_irp::assign(irp, urb.handle(), urb.as_ptr()) };
        Some((irp, lower))
    }
}

/// The pages of a chunk: none, the caller's own list, or a part of it.
fn describe(
    irp: &Irp,
    partial: Option<&mut PartialMdl>,
    chunk: Chunk,
    irql: &AtMostDispatch,
) -> Result<Buffer, NoSuchPart> {
    if chunk.length == 0 {
        return Ok(None);
    }
    let whole = irp.mdl().ok_or(NoSuchPart)?;
    let Some(partial) = partial else {
        return if chunk.offset == 0 && chunk.length <= irp.mdl_length() {
            Ok(Some(whole))
        } else {
            Err(NoSuchPart)
        };
    };
    // SAFETY: the IRP's own list, locked until the IRP is completed; the chunk before has come back.
    unsafe { partial.describe(whole, chunk.offset, chunk.length, irql) }.map(Some).ok_or(NoSuchPart)
}

/// The caller's buffer does not have these bytes.
struct NoSuchPart;

/// The completion routine of every request that goes down with the caller's own IRP.
///
/// # Safety
///
/// Called by the I/O manager with the slot that [`Slot::send`] gave, once for each submission.
unsafe extern "C" fn completed(_device: *mut DEVICE_OBJECT, irp: *mut IRP, context: *mut c_void) -> NTSTATUS {
    // SAFETY: IRQL in a completion routine is DISPATCH_LEVEL or below.
    let mut irql = unsafe { AtMostDispatch::mint() };
    let (Some(irp), Some(body)) = (NonNull::new(irp), NonNull::new(context.cast::<Body>())) else {
        return STATUS_MORE_PROCESSING_REQUIRED;
    };
    let mut slot = Slot::<Linked> { body, state: PhantomData };
    if let Some(request) = slot.request() {
        // SAFETY: the I/O manager gives the IRP back, at this driver's location.
        let irp = unsafe { Irp::from_raw(irp) };
        let tag = Nt::tag(&irp);
        request.pended = Some(Pended::from_parts(irp, request.device, tag));
    }
    // SAFETY: alive; only the word's address is made.
    let sending = unsafe { &raw const (*body.as_ptr()).sending };
    // SAFETY: an atomic word in a slot that is in use until both parties are done with it.
    if unsafe { &*sending }.fetch_or(BACK, Ordering::AcqRel) & SENDING != 0 {
        // `send` goes on with it: it would be one more frame on the stack for every chunk here.
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    // The IRP was marked pending when the request was admitted: nothing to propagate here.
    let Some(ended) = transfer::came_back(slot, &mut irql) else {
        return STATUS_MORE_PROCESSING_REQUIRED;
    };
    ended.let_go_on(&mut irql);
    STATUS_SUCCESS
}
