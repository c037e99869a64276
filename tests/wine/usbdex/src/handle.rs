//! `USBD_CreateHandle`, `USBD_CloseHandle`, `USBD_IsInterfaceVersionSupported`.
//!
//! Pages: [USBD_CreateHandle](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_createhandle),
//! [USBD_CloseHandle](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_closehandle)

use wdk_sys::{BOOLEAN, DEVICE_OBJECT, NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_SUCCESS};

use crate::{bus, shared::line::trace, table, tell};

/// `USBD_CLIENT_CONTRACT_VERSION_602`
const CONTRACT_VERSION_602: u32 = 0x602;
/// `USBD_INTERFACE_VERSION_600` and `USBD_INTERFACE_VERSION_602`: what the newer stack has.
const INTERFACE_VERSIONS: [u32; 2] = [0x600, 0x602];

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_CreateHandle(
    device: *mut DEVICE_OBJECT,
    target: *mut DEVICE_OBJECT,
    version: u32,
    tag: u32,
    out: *mut usize,
) -> NTSTATUS {
    const NAME: &str = "USBD_CreateHandle";
    tell::call(NAME, [device.addr(), target.addr(), version as usize, tag as usize]);
    // SAFETY: NULL, or where the driver has room for a handle.
    let Some(out) = (unsafe { out.as_mut() }) else { return tell::status(NAME, STATUS_INVALID_PARAMETER) };
    *out = 0;
    if device.is_null() || target.is_null() || version != CONTRACT_VERSION_602 || tag == 0 {
        return tell::status(NAME, STATUS_INVALID_PARAMETER);
    }
    let bus = match bus::query(target) {
        Ok(bus) => bus,
        Err(status) => return tell::status(NAME, status),
    };
    let handle = table::lock().open(bus);
    bus.registered(handle);
    *out = handle;
    trace!("~dex handle {handle:x}");
    tell::status(NAME, STATUS_SUCCESS)
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_CloseHandle(handle: usize) {
    const NAME: &str = "USBD_CloseHandle";
    tell::call(NAME, [handle, 0, 0, 0]);
    let (bus, urbs) = {
        let mut table = table::lock();
        let urbs = table.urbs_of(handle);
        let known = table.handle(handle);
        let open = known.filter(|handle| !handle.closed).map(|handle| {
            handle.closed = true;
            handle.bus
        });
        (open, urbs)
    };
    match bus {
        Some(bus) => bus.closed(handle),
        None => trace!("~dex broken {handle:x} is closed, and is no open handle"),
    }
    if urbs > 0 {
        trace!("~dex broken handle {handle:x} is closed with {urbs} URBs left");
    }
    tell::over(NAME);
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_IsInterfaceVersionSupported(handle: usize, version: u32) -> BOOLEAN {
    const NAME: &str = "USBD_IsInterfaceVersionSupported";
    tell::call(NAME, [handle, version as usize, 0, 0]);
    let open = table::lock().bus(handle).is_ok();
    let supported = open && INTERFACE_VERSIONS.contains(&version);
    tell::status(NAME, NTSTATUS::from(supported));
    BOOLEAN::from(supported)
}
