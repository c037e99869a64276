//! `DriverEntry` of a miniport driver, and the handlers that NDIS calls.

// UNSAFETY: calls NDIS, and is called by it.
#![expect(unsafe_code, reason = "calls NDIS, and is called by it")]

use core::{
    ffi::c_void,
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use wdk_sys::{DRIVER_OBJECT, NTSTATUS, PCUNICODE_STRING};

use super::{
    FAILURE, Initialising, Miniport, NdisHandle, NdisStatus, SUCCESS,
    abi::{
        DRIVER_CHARACTERISTICS, NDIS_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_OBJECT_HEADER, NDIS_WDM_DRIVER,
        NdisMDeregisterMiniportDriver, NdisMRegisterMiniportDriver,
    },
};

/// What NDIS returned for the registration.
static DRIVER: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// `DriverEntry`: returns what the registration returns.
pub fn enter<M: Miniport>(driver: *mut DRIVER_OBJECT, registry_path: PCUNICODE_STRING) -> NTSTATUS {
    const SIZE: u16 = size_of::<NDIS_MINIPORT_DRIVER_CHARACTERISTICS>() as u16;
    let characteristics = NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
        Header: NDIS_OBJECT_HEADER { Type: DRIVER_CHARACTERISTICS, Revision: 1, Size: SIZE },
        MajorNdisVersion: 6,
        MinorNdisVersion: 0,
        MajorDriverVersion: 1,
        MinorDriverVersion: 0,
        Flags: NDIS_WDM_DRIVER,
        SetOptionsHandler: ptr::null(),
        InitializeHandlerEx: initialize::<M>,
        HaltHandlerEx: halt::<M>,
        UnloadHandler: unload::<M>,
        PauseHandler: changed,
        RestartHandler: changed,
        OidRequestHandler: not_supported,
        SendNetBufferListsHandler: sent,
        ReturnNetBufferListsHandler: returned,
        CancelSendHandler: told,
        CheckForHangHandlerEx: ptr::null(),
        ResetHandlerEx: ptr::null(),
        DevicePnPEventNotifyHandler: told,
        ShutdownHandlerEx: shut_down,
        CancelOidRequestHandler: told,
    };
    let mut handle = ptr::null_mut();
    // SAFETY: what DriverEntry was given, and characteristics of the size that they say.
    let status = unsafe {
        NdisMRegisterMiniportDriver(
            driver,
            registry_path,
            ptr::null_mut(),
            &raw const characteristics,
            &raw mut handle,
        )
    };
    DRIVER.store(handle, Ordering::Release);
    status.cast_signed()
}

/// `NdisMDeregisterMiniportDriver`
pub fn deregister(driver: NdisHandle) {
    // SAFETY: registered, and taken back once.
    unsafe { NdisMDeregisterMiniportDriver(driver) };
}

unsafe extern "C" fn initialize<M: Miniport>(
    adapter: NdisHandle,
    _driver_context: NdisHandle,
    _parameters: *mut c_void,
) -> NdisStatus {
    match M::attributes(adapter) {
        // SAFETY: this is MiniportInitializeEx, which NDIS calls at PASSIVE_LEVEL, and it outlives the token.
        SUCCESS => M::initialise(&unsafe { Initialising::new() }),
        status => status,
    }
}

unsafe extern "C" fn halt<M: Miniport>(_adapter: NdisHandle, _action: u32) {
    M::halt();
}

unsafe extern "C" fn unload<M: Miniport>(_driver: *mut DRIVER_OBJECT) {
    M::unload(DRIVER.swap(ptr::null_mut(), Ordering::AcqRel));
}

const unsafe extern "C" fn changed(_adapter: NdisHandle, _parameters: *mut c_void) -> NdisStatus {
    SUCCESS
}

const unsafe extern "C" fn not_supported(_adapter: NdisHandle, _request: *mut c_void) -> NdisStatus {
    FAILURE
}

const unsafe extern "C" fn sent(_adapter: NdisHandle, _lists: *mut c_void, _port: u32, _flags: u32) {}

const unsafe extern "C" fn returned(_adapter: NdisHandle, _lists: *mut c_void, _flags: u32) {}

const unsafe extern "C" fn told(_adapter: NdisHandle, _what: *mut c_void) {}

const unsafe extern "C" fn shut_down(_adapter: NdisHandle, _action: u32) {}
