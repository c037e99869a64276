//! A request in flight is given up when its time is over.
//!
//! The slot's timer is set when the request is linked and cancelled when it is unlinked, both under the
//! device's lock: one span over all chunks. The DPC is one more canceller, with the word that every
//! canceller asks. What keeps it from meeting the slot's next request is core's [`Alarm`].
//!
//! Page: [KDEFERRED_ROUTINE](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-kdeferred_routine)
//!
//! [`Alarm`]: usbclient_core::alarm::Alarm

// UNSAFETY: is called by the kernel with a slot as its context.
#![expect(unsafe_code, reason = "is called by the kernel")]

use core::{ffi::c_void, ptr::NonNull};

use wdk_sys::KDPC;

use super::{super::irql::AtMostDispatch, Body};
use crate::cancel;

/// The DPC of a slot's timer.
///
/// # Safety
///
/// Called by the kernel with the slot that the timer was initialised with. No slot is freed before its
/// timer was cancelled or every DPC that was queued then has run.
pub(super) unsafe extern "C" fn timed_out(
    _dpc: *mut KDPC,
    context: *mut c_void,
    _argument_1: *mut c_void,
    _argument_2: *mut c_void,
) {
    // SAFETY: IRQL in a DPC is DISPATCH_LEVEL.
    let mut irql = unsafe { AtMostDispatch::mint() };
    let Some(body) = NonNull::new(context.cast::<Body>()) else { return };
    // SAFETY: the slot is alive; only an address is computed.
    let device = unsafe { &raw const (*body.as_ptr()).device };
    // SAFETY: a member that never changes.
    let device = unsafe { device.read() };
    let marked = device.gate.lock(&mut irql).slots.time_out(body);
    if let Some(marked) = marked {
        cancel::cancel_marked(marked, &mut irql);
    }
}
