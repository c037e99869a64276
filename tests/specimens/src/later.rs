//! A work item that ends a request after its dispatch routine has returned.

// UNSAFETY: queues a work item.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::ffi::c_void;

use wdk_sys::{
    _WORK_QUEUE_TYPE::DelayedWorkQueue,
    DEVICE_OBJECT, NTSTATUS, PIO_WORKITEM, STATUS_INSUFFICIENT_RESOURCES, STATUS_PENDING,
    ntddk::{IoAllocateWorkItem, IoFreeWorkItem, IoQueueWorkItem},
};

use crate::{Extension, Irp, kernel};

/// What ends the request.
type Finish = fn(*mut Extension, Irp);

struct Work {
    item: PIO_WORKITEM,
    extension: *mut Extension,
    irp: Irp,
    finish: Finish,
}

/// Lets a work item call `finish`. Returns `STATUS_PENDING`; whether the IRP is marked is the caller's business.
#[must_use]
pub fn complete(extension: *mut Extension, irp: Irp, finish: Finish) -> NTSTATUS {
    let work = kernel::allocate(size_of::<Work>()).cast::<Work>();
    // SAFETY: the extension is valid.
    let device = unsafe { (*extension).device };
    // SAFETY: the device is this driver's.
    let item = unsafe { IoAllocateWorkItem(device) };
    if work.is_null() || item.is_null() {
        finish(extension, irp);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: there is room for it.
    unsafe { work.write(Work { item, extension, irp, finish }) };
    // SAFETY: the item is not queued.
    unsafe { IoQueueWorkItem(item, Some(routine), DelayedWorkQueue, work.cast()) };
    STATUS_PENDING
}

unsafe extern "C" fn routine(_: *mut DEVICE_OBJECT, context: *mut c_void) {
    // SAFETY: `complete` wrote it.
    let Work { item, extension, irp, finish } = unsafe { context.cast::<Work>().read() };
    // SAFETY: the item is not queued any more.
    unsafe { IoFreeWorkItem(item) };
    kernel::free(context);
    finish(extension, irp);
}
