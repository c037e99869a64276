//! Work items: a closure that runs in a thread of the system's.

// UNSAFETY: the kernel holds the closure as a pointer.
#![expect(unsafe_code, reason = "calls the kernel")]

use alloc::boxed::Box;
use core::ffi::c_void;

use wdk_sys::{
    _WORK_QUEUE_TYPE::DelayedWorkQueue,
    DEVICE_OBJECT, PIO_WORKITEM,
    ntddk::{IoAllocateWorkItem, IoFreeWorkItem, IoQueueWorkItem},
};

use super::device::Device;

type Work = Box<dyn FnOnce() + Send>;

struct Queued {
    item: PIO_WORKITEM,
    work: Work,
}

/// Runs the closure soon, in another thread. Gives it back if there is no memory.
///
/// # Errors
///
/// The closure.
pub fn queue(device: Device, work: Work) -> Result<(), Work> {
    // SAFETY: the device object is one of this driver's.
    let item = unsafe { IoAllocateWorkItem(device.as_ptr()) };
    if item.is_null() {
        return Err(work);
    }
    let queued = Box::into_raw(Box::new(Queued { item, work }));
    // SAFETY: the item is not queued yet, and the routine takes the pointer back.
    unsafe { IoQueueWorkItem(item, Some(run), DelayedWorkQueue, queued.cast()) };
    Ok(())
}

unsafe extern "C" fn run(_: *mut DEVICE_OBJECT, context: *mut c_void) {
    // SAFETY: `queue` made it, and this is the only call.
    let Queued { item, work } = *unsafe { Box::from_raw(context.cast::<Queued>()) };
    // SAFETY: the item is not queued any more.
    unsafe { IoFreeWorkItem(item) };
    work();
}
