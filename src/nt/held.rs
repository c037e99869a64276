//! Requests that wait in this driver: a queue of pended IRPs, each with a cancel routine.
//!
//! The queue is guarded by the device's spin lock, in whose content it lies. Whoever exchanges an
//! IRP's cancel routine for NULL and gets it back owns the IRP: either a `take` here, or the I/O
//! manager, which then calls the routine. An entry whose routine is gone already is left in the
//! queue, because the routine waits for the lock and will take it out.
//!
//! Pages: [Queuing and Dequeuing IRPs](https://learn.microsoft.com/windows-hardware/drivers/kernel/queuing-and-dequeuing-irps),
//! [Implementing Cancel Routines](https://learn.microsoft.com/windows-hardware/drivers/kernel/introduction-to-cancel-routines),
//! [IoReleaseCancelSpinLock](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioreleasecancelspinlock)

// UNSAFETY: links IRPs through the members that the driver which holds an IRP may use.
#![expect(unsafe_code, reason = "links the kernel's structures")]

use core::ptr::{self, NonNull};

use usbclient_core::{
    dispatch::{IrpCalls as _, Pended},
    timeout::Deadline,
};
use usbclient_protocol::status::STATUS_CANCELLED;
use wdk_sys::{DEVICE_OBJECT, IRP, ntddk::IoReleaseCancelSpinLock};

use super::{
    Nt,
    device::Device,
    irp::{FileId, Irp},
    irql::AtMostDispatch,
    stack_location,
};

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The device is stopped, or about to be. Nobody has looked into the request.
    Device,
    /// The device's work item: it is a recovery, and one runs at a time.
    Recovery,
    /// A larger request has the pipe.
    Pipe {
        /// `bEndpointAddress`
        endpoint: u8,
        /// Whether it is larger than one transfer itself.
        is_large: bool,
    },
    /// It is a read, and the pipe's reader has no data.
    Ring {
        /// `bEndpointAddress`
        endpoint: u8,
    },
    /// It met a halt that is being cleared. Its `IoStatus` says how it ends.
    Halt {
        /// `bEndpointAddress`
        endpoint: u8,
    },
    /// The pipe's reader is being stopped.
    ReaderEnd {
        /// `bEndpointAddress`
        endpoint: u8,
    },
}

impl Wait {
    /// The endpoint whose pipe it waits for.
    pub const fn pipe(self) -> Option<u8> {
        match self {
            Self::Pipe { endpoint, .. } | Self::Ring { endpoint } | Self::Halt { endpoint } => Some(endpoint),
            Self::Device | Self::Recovery | Self::ReaderEnd { .. } => None,
        }
    }

    /// Whether it waits for this endpoint's pipe.
    pub const fn is_for_pipe(self, address: u8) -> bool {
        matches!(self, Self::Pipe { endpoint, .. } | Self::Ring { endpoint } if endpoint == address)
    }

    /// Whether it waits for the device's work item.
    pub const fn is_recovery(self) -> bool {
        matches!(self, Self::Recovery | Self::Halt { .. })
    }

    /// Whether it waits for this endpoint's reader.
    pub const fn is_for_reader(self, address: u8) -> bool {
        matches!(self, Self::Ring { endpoint } | Self::ReaderEnd { endpoint } if endpoint == address)
    }
}

/// What the queue knows of a request without looking into it.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// What it waits for.
    pub wait: Wait,
    /// Its place among the requests of the device: earlier ones have smaller numbers.
    pub sequence: u64,
    /// When it is given up.
    pub deadline: Deadline,
}

/// The queue's links, in `Tail.Overlay.DriverContext`: four pointers for the driver that holds the IRP.
#[repr(C)]
struct Links {
    next: *mut IRP,
    key: Key,
}

const _: () = assert!(size_of::<Links>() <= 32);

/// Pended IRPs by sequence. The content of a lock.
pub struct Queue {
    head: *mut IRP,
}

// SAFETY: owns IRPs, which belong to no thread.
unsafe impl Send for Queue {}

impl Queue {
    /// Nothing waits.
    pub const fn new() -> Self {
        Self { head: ptr::null_mut() }
    }

    /// Whether nothing waits.
    pub const fn is_empty(&self) -> bool {
        self.head.is_null()
    }

    /// When the first request is to be given up.
    pub fn first_deadline(&self) -> Deadline {
        let (mut entry, mut first) = (self.head, Deadline::NEVER);
        while let Some(links) = links(entry) {
            first = first.min(links.key.deadline);
            entry = links.next;
        }
        first
    }

    /// Whether an earlier request waits that this one must not overtake.
    pub fn has_before(&self, endpoint: u8, sequence: u64) -> bool {
        let mut entry = self.head;
        while let Some(links) = links(entry) {
            let is_before = links.key.sequence < sequence;
            let is_same = links.key.wait == Wait::Device || links.key.wait.is_for_pipe(endpoint);
            // One without a routine is being cancelled, and waits only for the lock.
            if is_before && is_same && is_cancellable(entry) {
                return true;
            }
            entry = links.next;
        }
        false
    }

    /// Whether a recovery waits that is not being cancelled.
    pub fn has_recovery(&self) -> bool {
        let mut entry = self.head;
        while let Some(links) = links(entry) {
            if links.key.wait.is_recovery() && is_cancellable(entry) {
                return true;
            }
            entry = links.next;
        }
        false
    }

    /// Whether a request that waits is accepted by `wanted`.
    pub fn any(&self, mut wanted: impl FnMut(Key, FileId) -> bool) -> bool {
        let mut entry = self.head;
        while let (Some(irp), Some(links)) = (NonNull::new(entry), links(entry)) {
            let (key, next) = (links.key, links.next);
            // SAFETY: an entry of the queue is a valid IRP that this driver owns.
            let irp = unsafe { Irp::from_raw(irp) };
            if wanted(key, irp.file()) {
                return true;
            }
            entry = next;
        }
        false
    }

    /// Puts a request into its place and makes it cancellable. It is marked pending already.
    ///
    /// # Errors
    ///
    /// Gives the request back if it was cancelled before it could wait: complete it with
    /// `STATUS_CANCELLED`, outside the lock.
    pub fn insert(&mut self, pended: Pended<Nt>, key: Key) -> Result<(), Pended<Nt>> {
        let (irp, device, tag) = pended.into_parts();
        let raw = irp.as_ptr();
        self.link(raw, key);
        // SAFETY: owned, in the queue, under the queue's lock.
        unsafe { stack_location::set_cancel_routine(raw, Some(cancel_held)) };
        // The IRP may have been cancelled before it had a routine: nobody will call it then.
        if irp.is_cancelled() && take_back(raw) {
            self.unlink(raw);
            return Err(Pended::from_parts(irp, device, tag));
        }
        Ok(())
    }

    /// Takes out the first request that `wanted` accepts.
    pub fn take(
        &mut self,
        device: Device,
        mut wanted: impl FnMut(Key, FileId) -> bool,
    ) -> Option<(Pended<Nt>, Key)> {
        self.take_first(device, &mut wanted)
    }

    /// One routine for whatever is wanted.
    fn take_first(
        &mut self,
        device: Device,
        wanted: &mut dyn FnMut(Key, FileId) -> bool,
    ) -> Option<(Pended<Nt>, Key)> {
        let mut entry = self.head;
        while let Some(links) = links(entry) {
            let (key, next) = (links.key, links.next);
            // SAFETY: an entry of the queue is a valid IRP that this driver owns.
            let irp = unsafe { Irp::from_raw(NonNull::new(entry)?) };
            if wanted(key, irp.file()) && take_back(entry) {
                self.unlink(entry);
                let tag = Nt::tag(&irp);
                return Some((Pended::from_parts(irp, device, tag), key));
            }
            entry = next;
        }
        None
    }

    fn link(&mut self, irp: *mut IRP, key: Key) {
        let mut place = &raw mut self.head;
        // SAFETY: `place` is the head, or the `next` of an entry, under the queue's lock.
        while let Some(entry) = links(unsafe { place.read() }) {
            if entry.key.sequence > key.sequence {
                break;
            }
            place = &raw mut entry.next;
        }
        // SAFETY: as above.
        let next = unsafe { place.read() };
        // SAFETY: the new entry's own members, which nobody else uses while this driver holds it.
        unsafe { links_of(irp).write(Links { next, key }) };
        // SAFETY: as above.
        unsafe { place.write(irp) };
    }

    fn unlink(&mut self, irp: *mut IRP) -> bool {
        let mut place = &raw mut self.head;
        // SAFETY: `place` is the head, or the `next` of an entry, under the queue's lock.
        while let Some(entry) = links(unsafe { place.read() }) {
            // SAFETY: as above.
            if unsafe { place.read() } == irp {
                // SAFETY: as above.
                unsafe { place.write(entry.next) };
                return true;
            }
            place = &raw mut entry.next;
        }
        false
    }
}

/// Takes the cancel routine back. False: the I/O manager has it, and calls it.
fn take_back(irp: *mut IRP) -> bool {
    // SAFETY: an entry of the queue, under the queue's lock.
    unsafe { stack_location::set_cancel_routine(irp, None) }
}

/// Whether the I/O manager has not taken the cancel routine.
fn is_cancellable(irp: *mut IRP) -> bool {
    // SAFETY: an entry of the queue, under the queue's lock.
    unsafe { stack_location::has_cancel_routine(irp) }
}

/// `Tail.Overlay.DriverContext`.
fn links_of(irp: *mut IRP) -> *mut Links {
    // SAFETY: the IRP is valid; only an address is computed. DriverContext is first in the overlay.
    unsafe { &raw mut (*irp).Tail.Overlay }.cast()
}

fn links<'a>(entry: *mut IRP) -> Option<&'a mut Links> {
    if entry.is_null() {
        return None;
    }
    // SAFETY: an entry of the queue is a valid IRP with written links; the queue's lock is held, and
    // no two such references live at a time.
    Some(unsafe { &mut *links_of(entry) })
}

/// The cancel routine of a held request. Called with the cancel spin lock held, which is released
/// first: the queue has a lock of its own.
///
/// # Safety
///
/// Called by the I/O manager, once, for an IRP that this driver holds.
unsafe extern "C" fn cancel_held(device_object: *mut DEVICE_OBJECT, irp: *mut IRP) {
    // SAFETY: the IRP is valid in its cancel routine.
    let cancel_irql = unsafe { &raw const (*irp).CancelIrql };
    // SAFETY: a field of a valid IRP.
    let cancel_irql = unsafe { cancel_irql.read() };
    // SAFETY: the I/O manager holds the lock for this routine, which has to release it.
    unsafe { IoReleaseCancelSpinLock(cancel_irql) };
    // SAFETY: IRQL in a cancel routine is DISPATCH_LEVEL at most, now that of the canceller.
    let mut irql = unsafe { AtMostDispatch::mint() };
    // SAFETY: the device object is the one whose queue holds the IRP, kept by the remove lock that
    // the IRP holds.
    let Some(device) = (unsafe { Device::of(device_object) }) else { return };
    let mut guard = device.gate.lock(&mut irql);
    let (gate, at_dispatch) = guard.split();
    let is_ours = gate.held.unlink(irp);
    gate.watch_idleness(device, at_dispatch);
    drop(guard);
    // SAFETY: the exchanged routine made this call the IRP's owner.
    let Some(irp) = NonNull::new(irp).map(|irp| unsafe { Irp::from_raw(irp) }) else { return };
    if is_ours {
        let tag = Nt::tag(&irp);
        Pended::<Nt>::from_parts(irp, device, tag).complete(STATUS_CANCELLED.nt(), 0);
    }
}
