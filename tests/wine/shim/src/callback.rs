//! Completion routines and work items of the driver, told when they run.
//!
//! The routine that the driver gives is replaced by one of these, which knows the driver's from its context. If there
//! is no memory for that the driver's stays, and is not told.

use core::{ffi::c_void, mem};

use wdk_sys::{DEVICE_OBJECT, IRP, NTSTATUS, ntddk};

use crate::{driver, irp, own, tell::tell};

type Completion = unsafe extern "C" fn(*mut DEVICE_OBJECT, *mut IRP, *mut c_void) -> NTSTATUS;
type Work = unsafe extern "C" fn(*mut DEVICE_OBJECT, *mut c_void);

const POOL_FLAG_NON_PAGED: u64 = 0x40;
const TAG: u32 = u32::from_le_bytes(*b"Call");

/// What the driver gave.
#[derive(Clone, Copy)]
struct Theirs {
    routine: usize,
    context: usize,
}

impl Theirs {
    /// Keeps it until the routine is called. Null: there is no memory.
    fn kept(self) -> *mut Self {
        let size = size_of::<Self>() as u64;
        // SAFETY: any kind and size may be asked for.
        let place = unsafe { own::ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG) }.cast::<Self>();
        if !place.is_null() {
            // SAFETY: allocated for it.
            unsafe { place.write(self) };
        }
        place
    }

    /// Takes it out again.
    ///
    /// # Safety
    /// `kept` gave it, and it is taken out once.
    unsafe fn taken(place: *mut c_void) -> Self {
        let place = place.cast::<Self>();
        // SAFETY: as promised.
        let theirs = unsafe { place.read() };
        // SAFETY: as promised.
        unsafe { ntddk::ExFreePoolWithTag(place.cast(), TAG) };
        theirs
    }
}

/// The driver sends an IRP: its completion routine is replaced, if it has one there.
pub fn sent(irp: usize) {
    // SAFETY: the second argument of IofCallDriver, an IRP with a next stack location that the driver has filled.
    let next = unsafe { irp::next(irp as *const IRP) };
    let Some(routine) = next.CompletionRoutine.filter(|routine| driver::contains(*routine as usize)) else {
        return;
    };
    let place = Theirs { routine: routine as usize, context: next.Context as usize }.kept();
    if !place.is_null() {
        next.CompletionRoutine = Some(completed);
        next.Context = place.cast();
    }
}

unsafe extern "C" fn completed(device: *mut DEVICE_OBJECT, irp: *mut IRP, place: *mut c_void) -> NTSTATUS {
    // SAFETY: `sent` gave it, and an IRP is completed once.
    let theirs = unsafe { Theirs::taken(place) };
    tell!("~d done {:x}", irp as usize);
    // SAFETY: it was a completion routine.
    let routine = unsafe { mem::transmute::<usize, Completion>(theirs.routine) };
    // SAFETY: the arguments are those of this call, the context is the driver's.
    let status = unsafe { routine(device, irp, theirs.context as *mut c_void) };
    tell!("~e done {status:x} {:x}", irp as usize);
    status
}

/// The driver queues a work item: its routine and context are replaced.
pub fn queued(routine: &mut usize, context: &mut usize) {
    let place = Theirs { routine: *routine, context: *context }.kept();
    if !place.is_null() {
        *routine = worked as *const () as usize;
        *context = place as usize;
    }
}

unsafe extern "C" fn worked(device: *mut DEVICE_OBJECT, place: *mut c_void) {
    // SAFETY: `queued` gave it, and a work item runs once each time it is queued.
    let theirs = unsafe { Theirs::taken(place) };
    tell!("~d work");
    // SAFETY: it was a work item's routine.
    let routine = unsafe { mem::transmute::<usize, Work>(theirs.routine) };
    // SAFETY: the arguments are those of this call, the context is the driver's.
    unsafe { routine(device, theirs.context as *mut c_void) };
    tell!("~e work");
}
