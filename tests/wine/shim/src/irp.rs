//! What the kernel's macros read of an IRP.

use wdk_sys::{IO_STACK_LOCATION, IRP};

/// `IoGetCurrentIrpStackLocation`
///
/// # Safety
/// It is an IRP.
pub const unsafe fn current(irp: *const IRP) -> *mut IO_STACK_LOCATION {
    // SAFETY: as promised.
    let irp = unsafe { &*irp };
    // SAFETY: of the union's members this is the one of an IRP that is with drivers.
    let overlay = unsafe { &irp.Tail.Overlay };
    // SAFETY: as above.
    unsafe { overlay.__bindgen_anon_2.__bindgen_anon_1.CurrentStackLocation }
}

/// `IoGetNextIrpStackLocation`
///
/// # Safety
/// It is an IRP that is new, or that is with a driver which is not the lowest; nobody else looks at the location.
pub unsafe fn next<'a>(irp: *const IRP) -> &'a mut IO_STACK_LOCATION {
    // SAFETY: as promised.
    let current = unsafe { current(irp) };
    // SAFETY: there is a location before the current one.
    let next = unsafe { current.sub(1) };
    // SAFETY: as promised.
    unsafe { &mut *next }
}
