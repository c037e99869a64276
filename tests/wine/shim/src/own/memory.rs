//! Pool.

use wdk_sys::{PVOID, SIZE_T};

const POOL_FLAG_UNINITIALIZED: u64 = 0x02;
const POOL_FLAG_PAGED: u64 = 0x100;
const NON_PAGED_POOL_NX: i32 = 512;
const PAGED_POOL: i32 = 1;

/// Wine has one pool of each kind under the older routine's name.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-exallocatepool2>
pub unsafe extern "C" fn ExAllocatePool2(flags: u64, size: SIZE_T, tag: u32) -> PVOID {
    let kind = if flags & POOL_FLAG_PAGED == 0 { NON_PAGED_POOL_NX } else { PAGED_POOL };
    // SAFETY: any kind and size may be asked for.
    let memory = unsafe { ExAllocatePoolWithTag(kind, size, tag) };
    if !memory.is_null() && flags & POOL_FLAG_UNINITIALIZED == 0 {
        // SAFETY: as many bytes were allocated.
        unsafe { memory.cast::<u8>().write_bytes(0, usize::try_from(size).unwrap_or_default()) };
    }
    memory
}

unsafe extern "C" {
    // wdk-sys leaves it out, because drivers are to call ExAllocatePool2.
    fn ExAllocatePoolWithTag(kind: i32, size: SIZE_T, tag: u32) -> PVOID;
}
