//! Passing requests on, and what is looked at.

// UNSAFETY: routines that the kernel calls, with contexts of their own.
#![expect(unsafe_code, reason = "called by the kernel")]

use alloc::{boxed::Box, sync::Arc};
use core::{
    ffi::c_void,
    sync::atomic::{AtomicBool, AtomicU8, Ordering},
};

use wdk_sys::{
    DEVICE_OBJECT, IRP, IRP_MN_CANCEL_REMOVE_DEVICE, IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_QUERY_REMOVE_DEVICE,
    IRP_MN_QUERY_STOP_DEVICE, IRP_MN_REMOVE_DEVICE, IRP_MN_START_DEVICE, IRP_MN_STOP_DEVICE,
    IRP_MN_SURPRISE_REMOVAL, STATUS_MORE_PROCESSING_REQUIRED,
};

use crate::{
    child::Child,
    entry::PNP,
    nt::{
        device::Device,
        event::Event,
        irp::Irp,
        status::{NTSTATUS, STATUS_NOT_SUPPORTED, STATUS_PENDING, STATUS_SUCCESS, is_success},
        thread,
    },
    shared::line::trace,
    usb::engine,
};

/// How long a request that is waited for may take, in units of 100 ns: 60 s.
const PATIENCE: u64 = 600_000_000;

/// What is known of a request that is below.
struct Watch {
    child: Arc<Child>,
    major: u8,
    minor: u8,
    file: usize,
    /// Completed, and returned from the dispatch routine: who is second lets go.
    steps: AtomicU8,
    was_marked: AtomicBool,
}

impl Watch {
    fn of(child: &Arc<Child>, irp: Irp) -> Self {
        Self {
            child: Arc::clone(child),
            major: irp.major(),
            minor: irp.minor(),
            file: irp.file().addr(),
            steps: AtomicU8::new(0),
            was_marked: AtomicBool::new(false),
        }
    }

    /// `STATUS_PENDING` is returned for what is marked pending, and for nothing else.
    fn compare(&self, returned: NTSTATUS) {
        let was_marked = self.was_marked.load(Ordering::Acquire);
        if (returned == STATUS_PENDING) != was_marked {
            let marked = if was_marked { "marked pending" } else { "not marked pending" };
            self.broken(format_args!("returned {returned:08x} for what was {marked}"));
        }
    }

    fn check_end(&self, irp: Irp) {
        if irp.status() == STATUS_PENDING {
            self.broken(format_args!("completed with STATUS_PENDING"));
        }
        if self.major == PNP && must_be_answered(self.minor) && irp.status() == STATUS_NOT_SUPPORTED {
            self.broken(format_args!("left at STATUS_NOT_SUPPORTED"));
        }
    }

    fn broken(&self, what: core::fmt::Arguments<'_>) {
        trace!("~flt broken {} {:02x} {:02x} {what}", self.child.number, self.major, self.minor);
    }
}

/// PnP requests that a function driver sets a status for.
fn must_be_answered(minor: u8) -> bool {
    matches!(
        u32::from(minor),
        IRP_MN_START_DEVICE
            | IRP_MN_REMOVE_DEVICE
            | IRP_MN_QUERY_REMOVE_DEVICE
            | IRP_MN_CANCEL_REMOVE_DEVICE
            | IRP_MN_QUERY_STOP_DEVICE
            | IRP_MN_CANCEL_STOP_DEVICE
            | IRP_MN_STOP_DEVICE
            | IRP_MN_SURPRISE_REMOVAL
    )
}

/// Passes a request on, and does not wait for it.
pub fn through(child: &Arc<Child>, irp: Irp, lower: Device) -> NTSTATUS {
    let watch = Watch::of(child, irp);
    let thread = thread::current();
    {
        let mut gate = child.gate.lock();
        gate.filter.begins(watch.file);
        gate.filter.inside.push(thread);
    }
    let watch = Box::into_raw(Box::new(watch));
    irp.copy_to_next(Some(completed), watch.cast());
    let returned = irp.call(lower);
    child.gate.lock().filter.inside.retain(|inside| *inside != thread);
    // The bus holds what that thread has sent.
    engine::kick();
    // SAFETY: it lives until both steps were taken, of which this is one.
    let seen = unsafe { &*watch };
    if seen.steps.fetch_add(1, Ordering::AcqRel) == 1 {
        seen.compare(returned);
        // SAFETY: the other step was taken before.
        drop(unsafe { Box::from_raw(watch) });
        return returned;
    }
    if returned != STATUS_PENDING {
        // SAFETY: as above; it is left behind when nobody completes the request.
        unsafe { &*watch }.broken(format_args!("returned {returned:08x} and not completed"));
    }
    returned
}

unsafe extern "C" fn completed(_: *mut DEVICE_OBJECT, irp: *mut IRP, context: *mut c_void) -> NTSTATUS {
    let irp = Irp::of(irp);
    let watch: *mut Watch = context.cast();
    // SAFETY: `through` made it, and it lives until both steps were taken.
    let seen = unsafe { &*watch };
    seen.check_end(irp);
    if irp.is_pending_returned() {
        seen.was_marked.store(true, Ordering::Release);
        irp.mark_pending();
    }
    seen.child.gate.lock().filter.ended(seen.file);
    if seen.steps.fetch_add(1, Ordering::AcqRel) == 1 {
        // The dispatch routine has returned STATUS_PENDING, or that was told.
        seen.compare(STATUS_PENDING);
        // SAFETY: the other step was taken before.
        drop(unsafe { Box::from_raw(watch) });
    }
    STATUS_SUCCESS
}

/// A request that comes back.
struct Back {
    watch: Watch,
    done: Event,
}

/// Passes a request on and waits for its end; it is the caller's to complete then. Gives its status.
pub fn and_back(child: &Arc<Child>, irp: Irp, lower: Device) -> NTSTATUS {
    let back = Back { watch: Watch::of(child, irp), done: Event::notification(false) };
    let bit = 1_u32.wrapping_shl(back.watch.minor.into());
    child.gate.lock().life.reached &= !bit;
    irp.copy_to_next(Some(came_back), core::ptr::from_ref(&back).cast_mut().cast());
    let returned = irp.call(lower);
    if !back.done.wait_for(PATIENCE) {
        back.watch.broken(format_args!("returned {returned:08x} and not completed"));
        back.done.wait();
    }
    back.watch.compare(returned);
    let status = irp.status();
    if returned != STATUS_PENDING && returned != status {
        back.watch.broken(format_args!("returned {returned:08x} and completed with {status:08x}"));
    }
    let must_go_down = back.watch.major == PNP && must_be_answered(back.watch.minor) && is_success(status);
    if must_go_down && child.gate.lock().life.reached & bit == 0 {
        back.watch.broken(format_args!("did not reach the bus"));
    }
    status
}

unsafe extern "C" fn came_back(_: *mut DEVICE_OBJECT, irp: *mut IRP, context: *mut c_void) -> NTSTATUS {
    let irp = Irp::of(irp);
    // SAFETY: `and_back` waits.
    let back = unsafe { &*context.cast::<Back>() };
    back.watch.check_end(irp);
    back.watch.was_marked.store(irp.is_pending_returned(), Ordering::Release);
    back.done.set();
    STATUS_MORE_PROCESSING_REQUIRED
}
