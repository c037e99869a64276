//! What the headers write as macros and inline functions over an IRP's stack locations.
//!
//! `IoGetCurrentIrpStackLocation`, `IoGetNextIrpStackLocation`, `IoSkipCurrentIrpStackLocation`,
//! `IoCopyCurrentIrpStackLocationToNext`, `IoSetCompletionRoutine`, `IoMarkIrpPending` and
//! `IoSetCancelRoutine` are not in any library, so they are written here.
//!
//! Page: [I/O Stack Locations](https://learn.microsoft.com/windows-hardware/drivers/kernel/i-o-stack-locations)

// UNSAFETY: an IRP is the kernel's, and its stack locations are an array behind it.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{
    ffi::c_void,
    mem::offset_of,
    ptr,
    sync::atomic::{AtomicPtr, AtomicU8, Ordering},
};

use wdk_sys::{
    IO_STACK_LOCATION, IRP, NTSTATUS, PIO_COMPLETION_ROUTINE, SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR,
    SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED,
};

use super::narrow;

// The offsets that the kernel was compiled with.
const _: () = {
    assert!(size_of::<IO_STACK_LOCATION>() == 72);
    assert!(offset_of!(IO_STACK_LOCATION, Control) == 3);
    assert!(offset_of!(IO_STACK_LOCATION, Parameters) == 8);
    assert!(offset_of!(IO_STACK_LOCATION, DeviceObject) == 40);
    assert!(offset_of!(IO_STACK_LOCATION, FileObject) == 48);
    assert!(offset_of!(IO_STACK_LOCATION, CompletionRoutine) == 56);
    assert!(offset_of!(IO_STACK_LOCATION, Context) == 64);
    assert!(size_of::<IRP>() == 208);
    assert!(offset_of!(IRP, IoStatus) == 48);
    assert!(offset_of!(IRP, PendingReturned) == 65);
    assert!(offset_of!(IRP, CurrentLocation) == 67);
    assert!(offset_of!(IRP, Cancel) == 68);
    assert!(offset_of!(IRP, CancelIrql) == 69);
    assert!(offset_of!(IRP, CancelRoutine) == 104);
    assert!(offset_of!(IRP, Tail) == 120);
};

/// All three conditions: the completion routine sees every end of the IRP.
const INVOKE_ALWAYS: u8 = narrow::u8(SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL);

/// Where the IRP keeps the pointer to its current stack location.
///
/// # Safety
///
/// `irp` is a valid IRP.
const unsafe fn current_slot(irp: *mut IRP) -> *mut *mut IO_STACK_LOCATION {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    unsafe { &raw mut (*irp).Tail.Overlay.__bindgen_anon_2.__bindgen_anon_1.CurrentStackLocation }
}

/// `IoGetCurrentIrpStackLocation`.
///
/// # Safety
///
/// `irp` is a valid IRP that this driver owns, with a current stack location.
pub(super) const unsafe fn current(irp: *mut IRP) -> *mut IO_STACK_LOCATION {
    // SAFETY: the caller's IRP is valid.
    let slot = unsafe { current_slot(irp) };
    // SAFETY: the slot lies in the caller's IRP.
    unsafe { slot.read() }
}

/// `IoGetNextIrpStackLocation`: the location of the driver below.
///
/// # Safety
///
/// As [`current`], and there is a location below.
pub(super) const unsafe fn next(irp: *mut IRP) -> *mut IO_STACK_LOCATION {
    // SAFETY: the caller's obligation.
    let current = unsafe { current(irp) };
    // SAFETY: the caller promises one more location, and they lie towards lower addresses.
    unsafe { current.sub(1) }
}

/// `IoSkipCurrentIrpStackLocation`: the driver below gets this driver's location.
///
/// # Safety
///
/// As [`current`]; the IRP is sent down next, and no completion routine is set.
pub(super) const unsafe fn skip(irp: *mut IRP) {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    let location = unsafe { &raw mut (*irp).CurrentLocation };
    // SAFETY: the field lies in the caller's IRP.
    let number = unsafe { location.read() };
    // SAFETY: as above.
    unsafe { location.write(number.wrapping_add(1)) };
    // SAFETY: the caller's obligation.
    let slot = unsafe { current_slot(irp) };
    // SAFETY: the slot lies in the caller's IRP.
    let current = unsafe { slot.read() };
    // SAFETY: the I/O manager expects this pointer, and takes it back before it is followed.
    unsafe { slot.write(current.wrapping_add(1)) };
}

/// `IoCopyCurrentIrpStackLocationToNext`: all but the completion routine and its context.
///
/// # Safety
///
/// As [`next`].
pub(super) const unsafe fn copy_current_to_next(irp: *mut IRP) {
    // SAFETY: the caller's obligation.
    let current = unsafe { current(irp) };
    // SAFETY: the caller's obligation.
    let next = unsafe { next(irp) };
    // SAFETY: two neighbours of an array, and the copy ends inside them.
    unsafe {
        ptr::copy_nonoverlapping(
            current.cast::<u8>(),
            next.cast::<u8>(),
            offset_of!(IO_STACK_LOCATION, CompletionRoutine),
        );
    };
    // SAFETY: the next location is valid; only an address is computed.
    let control = unsafe { &raw mut (*next).Control };
    // SAFETY: a field of the next location.
    unsafe { control.write(0) };
}

/// `IoSetCompletionRoutine`, for success, error and cancel.
///
/// # Safety
///
/// As [`next`]; the IRP is sent down next, and `context` is what `routine` expects when it is called.
pub(super) const unsafe fn set_completion_routine(
    irp: *mut IRP,
    routine: PIO_COMPLETION_ROUTINE,
    context: *mut c_void,
) {
    // SAFETY: the caller's obligation.
    let next = unsafe { next(irp) };
    // SAFETY: the next location is valid and this driver's to prepare.
    let next = unsafe { &mut *next };
    next.CompletionRoutine = routine;
    next.Context = context;
    next.Control = INVOKE_ALWAYS;
}

/// `IoMarkIrpPending`.
///
/// # Safety
///
/// As [`current`]; the dispatch routine then returns `STATUS_PENDING`.
pub(super) const unsafe fn mark_pending(irp: *mut IRP) {
    // SAFETY: the caller's obligation.
    let current = unsafe { current(irp) };
    // SAFETY: the current location is valid; only an address is computed.
    let control = unsafe { &raw mut (*current).Control };
    // SAFETY: a field of this driver's own location.
    let old = unsafe { control.read() };
    // SAFETY: as above.
    unsafe { control.write(old | const { narrow::u8(SL_PENDING_RETURNED) }) };
}

/// What `IRP::CancelRoutine` holds, as the address that is exchanged.
type CancelRoutine = unsafe extern "C" fn(*mut wdk_sys::DEVICE_OBJECT, *mut IRP);

/// `IoSetCancelRoutine`: exchanges the routine in one step, and answers whether there was one.
///
/// # Safety
///
/// `irp` is a valid IRP that this driver holds, under the lock of the queue it is held in.
pub(super) unsafe fn set_cancel_routine(irp: *mut IRP, routine: Option<CancelRoutine>) -> bool {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    let field = unsafe { &raw mut (*irp).CancelRoutine };
    // SAFETY: aligned, in a valid IRP, and everybody else exchanges it atomically as well.
    let field = unsafe { AtomicPtr::<c_void>::from_ptr(field.cast()) };
    let routine = routine.map_or(ptr::null_mut(), |routine| routine as *mut c_void);
    !field.swap(routine, Ordering::AcqRel).is_null()
}

/// `IRP::IoStatus.Status`.
///
/// # Safety
///
/// `irp` is a valid IRP that this driver owns at the moment.
pub(super) const unsafe fn status(irp: *mut IRP) -> NTSTATUS {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    let field = unsafe { &raw mut (*irp).IoStatus };
    // SAFETY: the status is the first member of IO_STATUS_BLOCK.
    unsafe { field.cast::<NTSTATUS>().read() }
}

/// Writes `IRP::IoStatus.Status`.
///
/// # Safety
///
/// As [`status`].
pub(super) const unsafe fn set_status(irp: *mut IRP, status: NTSTATUS) {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    let field = unsafe { &raw mut (*irp).IoStatus };
    // SAFETY: the status is the first member of IO_STATUS_BLOCK.
    unsafe { field.cast::<NTSTATUS>().write(status) };
}

/// Writes `IRP::IoStatus.Information`.
///
/// # Safety
///
/// As [`status`].
pub(super) const unsafe fn set_information(irp: *mut IRP, information: usize) {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    let field = unsafe { &raw mut (*irp).IoStatus.Information };
    // SAFETY: a field of the caller's IRP.
    unsafe { field.write(information as u64) };
}

/// `IRP::PendingReturned`.
///
/// # Safety
///
/// `irp` is a valid IRP, in its completion routine.
pub(super) const unsafe fn is_pending_returned(irp: *mut IRP) -> bool {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    let field = unsafe { &raw const (*irp).PendingReturned };
    // SAFETY: a field of the caller's IRP.
    unsafe { field.read() != 0 }
}

/// `IRP::Cancel`, which the I/O manager sets at any time.
///
/// # Safety
///
/// `irp` is a valid IRP.
pub(super) unsafe fn is_cancelled(irp: *mut IRP) -> bool {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    let field = unsafe { &raw mut (*irp).Cancel };
    // SAFETY: one byte in a valid IRP, which other processors write as a whole.
    unsafe { AtomicU8::from_ptr(field) }.load(Ordering::Acquire) != 0
}

/// Whether `IRP::CancelRoutine` is set.
///
/// # Safety
///
/// As [`set_cancel_routine`].
pub(super) unsafe fn has_cancel_routine(irp: *mut IRP) -> bool {
    // SAFETY: the caller's IRP is valid; only an address is computed.
    let field = unsafe { &raw mut (*irp).CancelRoutine };
    // SAFETY: aligned, in a valid IRP, and everybody else exchanges it atomically as well.
    !unsafe { AtomicPtr::<c_void>::from_ptr(field.cast()) }.load(Ordering::Acquire).is_null()
}
