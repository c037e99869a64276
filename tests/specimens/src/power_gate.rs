//! The gate: requests pass it in D0; the device leaves D0 when the last that has passed is done.

// UNSAFETY: works on the device extension.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::ptr;

use wdk_sys::{NTSTATUS, PURB, STATUS_DEVICE_NOT_READY};

use crate::{Extension, Irp, Specimen, io, kernel, power_policy, power_state::PowerState};

/// Does something with the power state, under its spin lock.
pub fn locked<T>(extension: *mut Extension, what: impl FnOnce(&mut PowerState) -> T) -> T {
    // SAFETY: the extension is valid.
    let state = unsafe { &raw mut (*extension).power };
    // SAFETY: as above.
    let lock = unsafe { &raw mut (*state).lock };
    kernel::with_spin_lock(lock, || {
        // SAFETY: the lock is held, so nobody else refers to it.
        what(unsafe { &mut *state })
    })
}

/// The device leaves D0. True: nothing is in flight; otherwise the last request passes the IRP on.
#[must_use]
pub fn close(extension: *mut Extension, irp: Irp) -> bool {
    locked(extension, |power| {
        power.closed = true;
        let empty = power.in_flight == 0;
        if !empty {
            power.parked = irp.0;
        }
        empty
    })
}

/// The device is in D0.
pub fn open(extension: *mut Extension) {
    locked(extension, |power| power.closed = false);
}

/// A request comes, with the remove lock held: it passes if the device is in D0.
#[must_use]
pub fn request<S: Specimen>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    let passed = locked(extension, |power| {
        if power.closed {
            return false;
        }
        power.in_flight += 1;
        true
    });
    if !passed {
        return io::end::<S>(extension, irp, STATUS_DEVICE_NOT_READY);
    }
    match io::prepare(extension, irp) {
        Ok(urb) => io::send::<S>(extension, irp, urb),
        Err(status) => {
            leave(extension);
            io::end::<S>(extension, irp, status)
        }
    }
}

/// The completion routine of a request that has passed.
#[must_use]
pub fn completed<S: Specimen>(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
    io::propagate_pending(irp);
    io::finish_urb(extension, irp, urb);
    leave(extension);
    S::release(extension, crate::Request::of(irp));
    wdk_sys::STATUS_SUCCESS
}

/// A request that has passed is done.
fn leave(extension: *mut Extension) {
    let parked = locked(extension, |power| {
        power.in_flight -= 1;
        if power.in_flight == 0 { core::mem::take(&mut power.parked) } else { ptr::null_mut() }
    });
    if !parked.is_null() {
        power_policy::pass_down(extension, Irp(parked));
    }
}
