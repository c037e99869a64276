//! `USBD_UrbAllocate`, `USBD_IsochUrbAllocate`, `USBD_UrbFree`, `USBD_AssignUrbToIoStackLocation`.
//!
//! Pages: [USBD_UrbAllocate](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_urballocate),
//! [USBD_UrbFree](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_urbfree),
//! [USBD_AssignUrbToIoStackLocation](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_assignurbtoiostacklocation)

use core::{mem::offset_of, ptr};

use wdk_sys::{
    _URB_HEADER, _URB_ISOCH_TRANSFER, IO_STACK_LOCATION, NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
    URB, URB_FUNCTION_ISOCH_TRANSFER, USBD_ISO_PACKET_DESCRIPTOR,
};

use crate::{nt, shared::line::trace, table, tell};

/// What all allocating routines do. `length` is none if the other parameters are wrong; the URB is formatted by `build`.
pub fn allocate(
    handle: usize,
    out: *mut usize,
    length: Option<usize>,
    build: impl FnOnce(nt::urb::Urb),
) -> NTSTATUS {
    // SAFETY: NULL, or where the driver has room for a pointer.
    let Some(out) = (unsafe { out.as_mut() }) else { return STATUS_INVALID_PARAMETER };
    *out = 0;
    let mut table = table::lock();
    if let Err(status) = table.bus(handle) {
        return status;
    }
    let Some(length) = length else { return STATUS_INVALID_PARAMETER };
    let address = table.allocate(handle, length);
    if let Some(urb) = nt::urb::Urb::at(address) {
        build(urb);
    }
    *out = address;
    STATUS_SUCCESS
}

/// Writes a header.
pub fn set_header(urb: nt::urb::Urb, length: usize, function: u32) {
    // Both were checked, or are small numbers.
    urb.set(offset_of!(_URB_HEADER, Length), u16::try_from(length).unwrap_or(0));
    urb.set(offset_of!(_URB_HEADER, Function), u16::try_from(function).unwrap_or(0));
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_UrbAllocate(handle: usize, out: *mut usize) -> NTSTATUS {
    const NAME: &str = "USBD_UrbAllocate";
    tell::call(NAME, [handle, out.addr(), 0, 0]);
    tell::status(NAME, allocate(handle, out, Some(size_of::<URB>()), |_| {}))
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_IsochUrbAllocate(handle: usize, packets: u32, out: *mut usize) -> NTSTATUS {
    const NAME: &str = "USBD_IsochUrbAllocate";
    tell::call(NAME, [handle, packets as usize, out.addr(), 0]);
    let length = offset_of!(_URB_ISOCH_TRANSFER, IsoPacket)
        + packets as usize * size_of::<USBD_ISO_PACKET_DESCRIPTOR>();
    // Hdr.Length has 16 bits.
    let fits = packets > 0 && u16::try_from(length).is_ok();
    let build = |urb| set_header(urb, length, URB_FUNCTION_ISOCH_TRANSFER);
    tell::status(NAME, allocate(handle, out, fits.then_some(length), build))
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_UrbFree(handle: usize, urb: usize) {
    const NAME: &str = "USBD_UrbFree";
    tell::call(NAME, [handle, urb, 0, 0]);
    let freed = table::lock().take_urb(urb);
    match freed {
        Some(mut freed) => {
            if freed.handle != handle {
                trace!("~dex broken URB {urb:x} is freed with {handle:x}, which it does not belong to");
            }
            freed.poison();
        }
        None => trace!("~dex broken {urb:x} is freed, and is no URB"),
    }
    tell::over(NAME);
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_AssignUrbToIoStackLocation(
    handle: usize,
    location: *mut IO_STACK_LOCATION,
    urb: usize,
) {
    const NAME: &str = "USBD_AssignUrbToIoStackLocation";
    tell::call(NAME, [handle, location.addr(), urb, 0]);
    let known = {
        let mut table = table::lock();
        table.bus(handle).is_ok() && table.has_urb(handle, urb)
    };
    if !known {
        trace!("~dex broken {urb:x} is assigned to a stack location, and is no URB of {handle:x}");
    }
    // SAFETY: the driver gave a stack location of its IRP.
    if let Some(location) = unsafe { location.as_mut() } {
        location.Parameters.Others.Argument1 = ptr::with_exposed_provenance_mut(urb);
        location.FileObject = ptr::with_exposed_provenance_mut(handle);
    }
    tell::over(NAME);
}
