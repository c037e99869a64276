//! Event tracing: providers register, and nobody listens.

use core::ffi::c_void;

use wdk_sys::{GUID, NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_SUCCESS};

/// What a registration is; there is one provider.
const HANDLE: u64 = 1;

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwregister>
pub unsafe extern "C" fn EtwRegister(
    _provider: *const GUID,
    _callback: *mut c_void,
    _context: *mut c_void,
    handle: *mut u64,
) -> NTSTATUS {
    // SAFETY: the caller's place for the handle.
    unsafe { *handle = HANDLE };
    STATUS_SUCCESS
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwsetinformation>
pub const unsafe extern "C" fn EtwSetInformation(
    handle: u64,
    _class: i32,
    _information: *mut c_void,
    _length: u32,
) -> NTSTATUS {
    known(handle)
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwunregister>
pub const unsafe extern "C" fn EtwUnregister(handle: u64) -> NTSTATUS {
    known(handle)
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwwritetransfer>
pub const unsafe extern "C" fn EtwWriteTransfer(
    handle: u64,
    _descriptor: *const c_void,
    _activity: *const GUID,
    _related: *const GUID,
    _count: u32,
    _data: *mut c_void,
) -> NTSTATUS {
    known(handle)
}

const fn known(handle: u64) -> NTSTATUS {
    if handle == HANDLE { STATUS_SUCCESS } else { STATUS_INVALID_PARAMETER }
}
