//! The pool of slots: the only owner of the device's URBs.
//!
//! Page: [IoCancelIrp](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocancelirp)

// UNSAFETY: a list of slots whose other members belong to others.
#![expect(unsafe_code, reason = "links slots whose other members belong to others")]

use alloc::boxed::Box;
use core::{
    marker::PhantomData,
    pin::Pin,
    ptr::{self, NonNull},
};

use usbclient_core::{
    alarm::{Alarm, Fired, SlotGoes},
    dispatch::Pended,
    request_word::{Cancel, CancellerDone, RequestWord},
    timeout::Timeout,
    urb::Isoch,
};
use wdk_sys::{IRP, ntddk::IoCancelIrp};

use super::{
    super::{Nt, irql::AtMostDispatch},
    Body, Cause, Entry, Free, Linked, NewSlot, Origin, Prepared, Slot, SlotUrb,
    alarm::timed_out,
};

/// Every URB of the device, and the slots that they belong to. The content of a lock.
pub struct Pool {
    all: *mut Body,
    free: *mut Body,
    free_isoch: *mut Body,
}

// SAFETY: owns nonpaged memory that belongs to no thread.
unsafe impl Send for Pool {}

/// The proof that every URB was freed.
pub struct Drained(());

impl Pool {
    /// No slots.
    pub const fn new() -> Self {
        Self { all: ptr::null_mut(), free: ptr::null_mut(), free_isoch: ptr::null_mut() }
    }

    /// Owns a new slot from now on.
    pub fn adopt(&mut self, slot: NewSlot) {
        // The pool owns it until it is drained.
        let body = Box::leak(slot.0);
        body.next_of_all = self.all;
        self.all = &raw mut *body;
        let raw = self.all;
        // SAFETY: just leaked, known to nobody else, and never moved again.
        let timer = unsafe { Pin::new_unchecked(&mut body.timer) };
        // SAFETY: the routine expects the slot, which lives longer than the timer is set.
        unsafe { timer.initialise(Some(timed_out), raw.cast()) };
        self.set_free(body);
    }

    /// Puts a slot on the free list of its kind.
    const fn set_free(&mut self, body: &mut Body) {
        let list = match body.urb {
            SlotUrb::Fixed(_) => &mut self.free,
            SlotUrb::Isoch(_) => &mut self.free_isoch,
        };
        body.next_free = *list;
        *list = &raw mut *body;
    }

    /// How many slots there are, and how many for isochronous transfers.
    pub fn count(&self) -> (usize, usize) {
        let (mut fixed, mut isoch, mut next) = (0_usize, 0_usize, self.all);
        while let Some(body) = NonNull::new(next) {
            // SAFETY: owned by the pool, and of its kind for ever; only an address is made.
            let urb = unsafe { &raw const (*body.as_ptr()).urb };
            // SAFETY: as above: nobody writes which kind it is.
            match unsafe { &*urb } {
                SlotUrb::Fixed(_) => fixed = fixed.saturating_add(1),
                SlotUrb::Isoch(_) => isoch = isoch.saturating_add(1),
            }
            // SAFETY: owned by the pool; the links are guarded by the lock.
            next = unsafe { Guarded::of(body) }.next_of_all;
        }
        (fixed, isoch)
    }

    /// Takes a slot that nobody uses.
    pub fn take(&mut self) -> Option<Slot<Free>> {
        let body = NonNull::new(self.free)?;
        // SAFETY: on the free list of the pool that owns it, under the lock.
        self.free = unsafe { body.as_ref() }.next_free;
        Some(Slot { body, state: PhantomData })
    }

    /// Takes a slot for an isochronous transfer that nobody uses.
    pub fn take_isoch(&mut self) -> Option<Slot<Free<Isoch>>> {
        let body = NonNull::new(self.free_isoch)?;
        // SAFETY: on the free list of the pool that owns it, under the lock.
        self.free_isoch = unsafe { body.as_ref() }.next_free;
        Some(Slot { body, state: PhantomData })
    }

    /// Gives back a slot that was not needed.
    pub const fn put_back<K>(&mut self, slot: Slot<Free<K>>) {
        let mut body = slot.into_body();
        // SAFETY: the token is the right to the slot, under the lock.
        self.set_free(unsafe { body.as_mut() });
    }

    /// Makes a pended IRP's request one in flight, for as long as `timeout` allows.
    #[expect(
        clippy::unused_self,
        clippy::needless_pass_by_ref_mut,
        reason = "the pool shows that the lock is held"
    )]
    pub fn link(
        &mut self,
        slot: Slot<Prepared>,
        pended: Pended<Nt>,
        origin: Origin,
        timeout: Option<Timeout>,
        irql: &AtMostDispatch,
    ) -> Slot<Linked> {
        let Origin { file, sequence } = origin;
        let mut slot = slot.into_body();
        // SAFETY: the token is the right to the slot, and nobody else knows one that is not linked.
        let body = unsafe { slot.as_mut() };
        let (irp, device, tag) = pended.into_parts();
        let request = &mut body.request;
        body.entry = Some(Entry {
            irp: irp.as_non_null(),
            file,
            endpoint: request.endpoint,
            stream: request.stream,
            sequence,
            is_read: request.read.is_some(),
            cause: None,
        });
        request.pended = Some(Pended::from_parts(irp, device, tag));
        body.word.reset();
        if let Some(timeout) = timeout {
            body.alarm.set();
            body.timer.set(timeout.relative(), irql);
        }
        Slot { body: slot, state: PhantomData }
    }

    /// Ends a request, of which all was taken out: the slot is free again, or will be when its timer's DPC has run.
    /// `None` never happens: a linked slot has an entry.
    pub fn unlink(&mut self, slot: Slot<Linked>, irql: &AtMostDispatch) -> Option<Entry> {
        let mut body = slot.into_body();
        // SAFETY: the token is the right to the slot; the lock keeps cancellers away from the entry.
        let body = unsafe { body.as_mut() };
        let took_timer_out = body.alarm.is_set() && body.timer.cancel(irql);
        let entry = body.entry.take();
        if body.alarm.ended(took_timer_out) == SlotGoes::Back {
            self.set_free(body);
        }
        entry
    }

    /// The timer of a slot has expired: its request is to be cancelled, if it is in flight.
    pub(super) fn time_out(&mut self, mut body: NonNull<Body>) -> Option<Marked> {
        // SAFETY: owned by the pool; the entry and the alarm are guarded by the lock.
        let links = unsafe { Guarded::of(body) };
        match links.alarm.fired() {
            Fired::GiveSlotBack => {
                // SAFETY: nobody else uses the slot: its request is over, and this is the DPC.
                self.set_free(unsafe { body.as_mut() });
                None
            }
            Fired::CancelRequest => mark(body, links, Cause::Timeout),
        }
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

    /// The next request in flight, after `cursor`, that `wanted` accepts and that can be cancelled. Whether its caller
    /// has cancelled it already cannot be seen: the lower drivers have the IRP.
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
            if !links.entry.as_ref().is_some_and(&mut wanted) {
                continue;
            }
            if let Some(marked) = mark(body, links, cause) {
                return Some(marked);
            }
        }
        None
    }

    /// Frees every slot and its URB. Nothing is in flight: whoever calls has waited for that.
    pub fn drain(&mut self) -> Drained {
        let mut next = core::mem::take(&mut self.all);
        (self.free, self.free_isoch) = (ptr::null_mut(), ptr::null_mut());
        while let Some(body) = NonNull::new(next) {
            // SAFETY: leaked from a box in `adopt`, and owned by this pool alone: no slot is taken.
            let body = unsafe { Box::from_raw(body.as_ptr()) };
            next = body.next_of_all;
        }
        Drained(())
    }
}

/// Asks the word whether a request may be cancelled, and remembers who was first to.
fn mark(body: NonNull<Body>, links: Guarded<'_>, cause: Cause) -> Option<Marked> {
    let Guarded { entry, word, .. } = links;
    let entry = entry.as_mut()?;
    if word.cancel() != Cancel::ShouldCancel {
        return None;
    }
    let _first = entry.cause.get_or_insert(cause);
    Some(Marked { body, irp: entry.irp })
}

/// The members of a body that the device's lock guards, and the word that needs no guard.
struct Guarded<'a> {
    next_of_all: *mut Body,
    alarm: &'a mut Alarm,
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
        let alarm = unsafe { &raw mut (*body).alarm };
        // SAFETY: as above.
        let entry = unsafe { &raw mut (*body).entry };
        // SAFETY: as above.
        let word = unsafe { &raw const (*body).word };
        Self {
            // SAFETY: guarded by the lock.
            next_of_all: unsafe { next_of_all.read() },
            // SAFETY: guarded by the lock.
            alarm: unsafe { &mut *alarm },
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
