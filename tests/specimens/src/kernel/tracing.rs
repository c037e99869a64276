//! An event provider.

// UNSAFETY: calls the kernel.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::ptr;

use wdk_sys::{
    EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR, GUID, REGHANDLE,
    ntddk::{EtwRegister, EtwUnregister, EtwWriteTransfer},
};

/// `EtwRegister`. Zero if that failed.
#[must_use]
pub fn register_provider() -> REGHANDLE {
    let guid = GUID { Data1: 0x0D1C_E0D1, Data2: 1, Data3: 2, Data4: [3; 8] };
    let mut handle = 0;
    // SAFETY: the GUID is copied, there is no callback, at PASSIVE_LEVEL.
    let _status = unsafe { EtwRegister(&raw const guid, None, ptr::null_mut(), &raw mut handle) };
    handle
}

/// `EtwUnregister`.
pub fn unregister_provider(handle: REGHANDLE) {
    // SAFETY: registered, and taken back once.
    let _status = unsafe { EtwUnregister(handle) };
}

/// Writes an event with these metadata of its provider and of its own, and four bytes of data.
pub fn write_event(handle: REGHANDLE, provider: &[u8], event: &[u8]) {
    let head = EVENT_DESCRIPTOR { Id: 0, Version: 0, Channel: 11, Level: 4, Opcode: 0, Task: 0, Keyword: 1 };
    let data = 7_u32.to_le_bytes();
    let part = |bytes: &[u8], kind| EVENT_DATA_DESCRIPTOR {
        Ptr: bytes.as_ptr().addr() as u64,
        Size: bytes.len() as u32,
        Reserved: kind,
    };
    let mut parts = [part(provider, 2), part(event, 1), part(&data, 0)];
    // SAFETY: all that the parts name lives for the call.
    let _status =
        unsafe { EtwWriteTransfer(handle, &raw const head, ptr::null(), ptr::null(), 3, parts.as_mut_ptr()) };
}
