//! `IO_WORKITEM`: something is done at `PASSIVE_LEVEL`, in a system thread.
//!
//! An item is allocated in `AddDevice`, so queuing it needs no memory. It is asked for any number of times: it runs
//! once at a time, and again if it was asked for while it ran.
//!
//! Pages: [IoAllocateWorkItem](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioallocateworkitem),
//! [IoQueueWorkItem](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioqueueworkitem),
//! [IoFreeWorkItem](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iofreeworkitem)

// UNSAFETY: a kernel object, and a routine that the kernel calls.
#![expect(unsafe_code, reason = "wraps a kernel object")]

use core::{
    ffi::c_void,
    ptr::{self, NonNull},
    sync::atomic::{AtomicPtr, AtomicU8, Ordering},
};

use usbclient_protocol::status::{STATUS_INSUFFICIENT_RESOURCES, Status};
use wdk_sys::{
    _IO_WORKITEM,
    _WORK_QUEUE_TYPE::DelayedWorkQueue,
    DEVICE_OBJECT,
    ntddk::{IoAllocateWorkItem, IoFreeWorkItem, IoQueueWorkItem},
};

use super::{device::Device, irql::Passive};

/// It is queued, or runs.
const ACTIVE: u8 = 1;
/// It is to run, if need be once more.
const WANTED: u8 = 2;

/// What a work item does, and where its item is.
pub trait Work {
    /// The item of the device.
    fn item(device: &Device) -> &WorkItem;
    /// The work, in a thread that may wait. The remove lock is held.
    fn run(device: Device, passive: &mut Passive);
}

/// One work item of a device. Freed when dropped.
pub struct WorkItem {
    item: AtomicPtr<_IO_WORKITEM>,
    state: AtomicU8,
}

impl WorkItem {
    /// Room for an item, which [`WorkItem::allocate`] makes one.
    pub const fn none() -> Self {
        Self { item: AtomicPtr::new(ptr::null_mut()), state: AtomicU8::new(0) }
    }

    /// Allocates it. Once, before IRPs can come.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`
    pub(super) fn allocate(&self, device_object: NonNull<DEVICE_OBJECT>) -> Result<(), Status> {
        // SAFETY: the device object is this driver's and valid.
        let item = unsafe { IoAllocateWorkItem(device_object.as_ptr()) };
        if item.is_null() {
            return Err(STATUS_INSUFFICIENT_RESOURCES);
        }
        self.item.store(item, Ordering::Release);
        Ok(())
    }
}

impl Drop for WorkItem {
    fn drop(&mut self) {
        let item = *self.item.get_mut();
        if !item.is_null() {
            // SAFETY: from IoAllocateWorkItem, and not queued: it would hold the remove lock.
            unsafe { IoFreeWorkItem(item) };
        }
    }
}

/// Has the work done. It holds the remove lock from here to its end. False: the device is being removed, and nothing
/// is done any more. IRQL: `DISPATCH_LEVEL` or below.
pub fn queue<W: Work>(device: Device) -> bool {
    let item = W::item(&device);
    if item.state.fetch_or(ACTIVE | WANTED, Ordering::AcqRel) & ACTIVE != 0 {
        return true;
    }
    let raw = item.item.load(Ordering::Acquire);
    if raw.is_null() || !device.remove_lock.acquire(ptr::from_ref(item).cast_mut().cast()) {
        item.state.store(0, Ordering::Release);
        return false;
    }
    // SAFETY: allocated, and not queued: the word was not active. The device is kept by the remove lock.
    unsafe { IoQueueWorkItem(raw, Some(run::<W>), DelayedWorkQueue, device.as_context()) };
    true
}

/// # Safety
///
/// Called by the kernel with what [`queue`] gave.
unsafe extern "C" fn run<W: Work>(_device_object: *mut DEVICE_OBJECT, context: *mut c_void) {
    // SAFETY: `queue` gave the device, which the remove lock keeps.
    let Some(device) = (unsafe { Device::from_context(context) }) else { return };
    // SAFETY: work items run at PASSIVE_LEVEL, in a system thread.
    let mut passive = unsafe { Passive::mint() };
    let item = W::item(&device);
    loop {
        item.state.fetch_and(!WANTED, Ordering::AcqRel);
        W::run(device, &mut passive);
        if item.state.compare_exchange(ACTIVE, 0, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            break;
        }
    }
    let tag = ptr::from_ref(item).cast_mut().cast();
    // SAFETY: acquired by `queue` with this tag.
    unsafe { device.remove_lock.release(tag) };
}
