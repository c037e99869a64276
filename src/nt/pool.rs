//! Memory: nonpaged, not executable, and every allocation can fail.
//!
//! The global allocator is `wdk-alloc`, which asks `ExAllocatePool2` for nonpaged pool. What the
//! standard collections offer to allocate without a way to fail is not used here.
//!
//! Page: [ExAllocatePool2](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-exallocatepool2)

// UNSAFETY: a fallible `Box::new` does not exist in stable Rust.
#![expect(unsafe_code, reason = "a fallible Box::new does not exist in stable Rust")]

use alloc::{boxed::Box, vec::Vec};
use core::{alloc::Layout, ptr};

use usbclient_protocol::status::{STATUS_INSUFFICIENT_RESOURCES, Status};

/// The pool tag of what the kernel allocates in this driver's name: `Ucli` in a debugger.
pub const TAG: u32 = u32::from_le_bytes(*b"Ucli");

/// The alignment that x64 and arm64 pool guarantees. `wdk-alloc` cannot do more.
const POOL_ALIGNMENT: usize = 16;

/// A box in nonpaged pool. IRQL: `DISPATCH_LEVEL` or below.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
pub fn try_box<T>(value: T) -> Result<Box<T>, Status> {
    const {
        assert!(size_of::<T>() != 0);
        assert!(align_of::<T>() <= POOL_ALIGNMENT);
    }
    // SAFETY: the layout is not of size zero, which was just asserted.
    let room = unsafe { alloc::alloc::alloc(Layout::new::<T>()) }.cast::<T>();
    if room.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    // SAFETY: freshly allocated for a T, and aligned for it, which was asserted.
    unsafe { room.write(value) };
    // SAFETY: allocated by the global allocator with T's layout, and initialised.
    Ok(unsafe { Box::from_raw(room) })
}

/// An empty vector with room for `count` items in nonpaged pool. IRQL: `DISPATCH_LEVEL` or below.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory, or more is asked for than can exist.
pub fn room_for<T>(count: usize) -> Result<Vec<T>, Status> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_error| STATUS_INSUFFICIENT_RESOURCES)?;
    Ok(items)
}

/// Pushes where there is room: never allocates. That it looks keeps the code that grows a vector out of the image.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no room.
pub fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), Status> {
    if items.len() == items.capacity() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    items.push(item);
    Ok(())
}

/// `count` items in nonpaged pool. IRQL: `DISPATCH_LEVEL` or below.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory, or more is asked for than can exist.
pub fn try_filled<T>(count: usize, mut make: impl FnMut() -> T) -> Result<Vec<T>, Status> {
    let mut items = room_for(count)?;
    for _item in 0..count {
        push(&mut items, make())?;
    }
    Ok(items)
}

/// `length` zeroed bytes in nonpaged pool. IRQL: `DISPATCH_LEVEL` or below.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory, or more is asked for than can exist.
pub fn try_zeroed(length: usize) -> Result<Vec<u8>, Status> {
    if length == 0 {
        return Ok(Vec::new());
    }
    let layout = Layout::array::<u8>(length).map_err(|_error| STATUS_INSUFFICIENT_RESOURCES)?;
    // SAFETY: the layout is not of size zero, which was just tested.
    let room = unsafe { alloc::alloc::alloc_zeroed(layout) };
    if room.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    let bytes = ptr::slice_from_raw_parts_mut(room, length);
    // SAFETY: allocated by the global allocator with this layout; all of it is initialised.
    Ok(unsafe { Box::from_raw(bytes) }.into_vec())
}
