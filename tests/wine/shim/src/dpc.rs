//! DPCs of the driver, told when they run and counted while they do.
//!
//! Wine runs a timer's DPC on a thread of its own. `KeFlushQueuedDpcs` promises that those which are queued have run;
//! here it waits for those that run.

use core::{
    ffi::c_void,
    mem, ptr,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
};

use wdk_sys::{KDPC, PKDEFERRED_ROUTINE, PRKDPC, ntddk};

use crate::tell::tell;

type Deferred = unsafe extern "C" fn(*mut KDPC, *mut c_void, *mut c_void, *mut c_void);

/// A DPC that the driver initialised.
struct Place {
    dpc: AtomicPtr<KDPC>,
    routine: AtomicUsize,
    context: AtomicPtr<c_void>,
}

static PLACES: [Place; 1024] = [const {
    Place {
        dpc: AtomicPtr::new(ptr::null_mut()),
        routine: AtomicUsize::new(0),
        context: AtomicPtr::new(ptr::null_mut()),
    }
}; 1024];

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// How many DPCs run now.
pub fn running() -> usize {
    RUNNING.load(Ordering::Acquire)
}

/// `KeInitializeDpc`, with a routine of this module's between.
///
/// # Safety
/// As the page asks:
/// <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keinitializedpc>.
pub unsafe fn initialise(dpc: PRKDPC, routine: PKDEFERRED_ROUTINE, context: *mut c_void) {
    let theirs = routine.map_or(0, |routine| routine as usize);
    let claimed = PLACES.iter().find(|place| {
        let free = |at: *mut KDPC| at.is_null() || at == dpc;
        place.dpc.fetch_update(Ordering::AcqRel, Ordering::Acquire, |at| free(at).then_some(dpc)).is_ok()
    });
    let Some(place) = claimed else {
        tell!("~broken more DPCs than the shim has places for");
        return;
    };
    place.routine.store(theirs, Ordering::Release);
    place.context.store(context, Ordering::Release);
    let place = ptr::from_ref(place).cast_mut().cast();
    // SAFETY: the caller's DPC; the place lives for ever.
    unsafe { ntddk::KeInitializeDpc(dpc, Some(run), place) };
}

unsafe extern "C" fn run(dpc: *mut KDPC, place: *mut c_void, first: *mut c_void, second: *mut c_void) {
    RUNNING.fetch_add(1, Ordering::AcqRel);
    tell!("~d dpc");
    // SAFETY: initialise gave one of the places.
    let place = unsafe { &*place.cast_const().cast::<Place>() };
    let routine = place.routine.load(Ordering::Acquire);
    if routine != 0 {
        // SAFETY: it was the DPC's routine.
        let theirs = unsafe { mem::transmute::<usize, Deferred>(routine) };
        // SAFETY: the arguments are those of this call, the context is the driver's.
        unsafe { theirs(dpc, place.context.load(Ordering::Acquire), first, second) };
    }
    tell!("~e dpc");
    RUNNING.fetch_sub(1, Ordering::AcqRel);
}
