//! Everything but `IRP_MJ_PNP`.

// UNSAFETY: dispatch routines get the kernel's pointers.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::ffi::c_void;

use wdk_sys::{
    DEVICE_OBJECT, IRP, NT_SUCCESS, NTSTATUS, PURB, STATUS_BUFFER_TOO_SMALL, STATUS_DEVICE_NOT_CONNECTED,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS,
};

use crate::{Extension, Irp, Request, Specimen, usb};

/// `IRP_MJ_CREATE`.
pub const CREATE: u8 = 0x00;
/// `IRP_MJ_CLOSE`.
pub const CLOSE: u8 = 0x02;
/// `IRP_MJ_READ`.
pub const READ: u8 = 0x03;
/// `IRP_MJ_WRITE`.
pub const WRITE: u8 = 0x04;
/// `IRP_MJ_DEVICE_CONTROL`.
pub const DEVICE_CONTROL: u8 = 0x0E;
/// `IRP_MJ_INTERNAL_DEVICE_CONTROL`.
pub const INTERNAL_DEVICE_CONTROL: u8 = 0x0F;
/// `IRP_MJ_SHUTDOWN`.
pub const SHUTDOWN: u8 = 0x10;
/// `IRP_MJ_CLEANUP`.
pub const CLEANUP: u8 = 0x12;

/// The bits of a control code that say how buffers are passed.
const METHOD_MASK: u32 = 3;
/// `METHOD_BUFFERED`
const METHOD_BUFFERED: u32 = 0;

/// The dispatch routine of `IRP_MJ_POWER` and `IRP_MJ_SYSTEM_CONTROL`: they go down untouched.
///
/// # Safety
///
/// Called by the I/O manager.
pub unsafe extern "C" fn pass<S: Specimen>(device: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    let (extension, irp) = (Extension::of(device), Irp(irp));
    let request = Request::of(irp);
    let status = S::acquire(extension, request);
    if !NT_SUCCESS(status) {
        return irp.complete(status);
    }
    let status = S::pass(extension, irp);
    S::release(extension, request);
    status
}

/// The dispatch routine of everything else.
///
/// # Safety
///
/// Called by the I/O manager.
pub unsafe extern "C" fn dispatch<S: Specimen>(device: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    let (extension, irp) = (Extension::of(device), Irp(irp));
    let request = Request::of(irp);
    let status = S::acquire(extension, request);
    if !NT_SUCCESS(status) {
        return irp.complete(status);
    }
    match request.major {
        CREATE | CLEANUP | CLOSE => S::file_request(extension, irp),
        DEVICE_CONTROL => S::request(extension, irp),
        READ | WRITE | INTERNAL_DEVICE_CONTROL | SHUTDOWN => {
            let status = S::other(extension, irp);
            S::release(extension, request);
            status
        }
        _ => end::<S>(extension, irp, STATUS_INVALID_DEVICE_REQUEST),
    }
}

/// Reads the device descriptor into the caller's buffer. The caller's own IRP goes down with the URB; whoever ends it
/// gives the remove lock back.
#[must_use]
pub fn request<S: Specimen>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    match prepare(extension, irp) {
        Ok(urb) => send::<S>(extension, irp, urb),
        Err(status) => end::<S>(extension, irp, status),
    }
}

/// Ends a request that was not sent down.
#[must_use]
pub fn end<S: Specimen>(extension: *mut Extension, irp: Irp, status: NTSTATUS) -> NTSTATUS {
    // Which request it was must be known after it is gone.
    let request = Request::of(irp);
    let status = irp.complete(status);
    S::release(extension, request);
    status
}

/// Checks a request and makes its URB.
///
/// # Errors
///
/// The status to complete the request with.
pub fn prepare(extension: *mut Extension, irp: Irp) -> Result<PURB, NTSTATUS> {
    // SAFETY: the extension is valid.
    let fields = unsafe { &*extension };
    if !fields.started {
        return Err(STATUS_DEVICE_NOT_CONNECTED);
    }
    // The other methods describe the output by an MDL or a user address: their system buffer is the input's.
    if irp.control_code() & METHOD_MASK != METHOD_BUFFERED {
        return Err(STATUS_INVALID_DEVICE_REQUEST);
    }
    if irp.output_length() < usb::DESCRIPTOR_LENGTH {
        return Err(STATUS_BUFFER_TOO_SMALL);
    }
    let urb = usb::allocate(fields.handle);
    if urb.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    usb::format(urb, irp.system_buffer());
    Ok(urb)
}

/// Sends an IRP down with an URB.
#[must_use]
pub fn send<S: Specimen>(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
    // SAFETY: the extension is valid.
    let fields = unsafe { &*extension };
    irp.submission(fields.handle, urb, Some(came_back::<S>), urb.cast());
    irp.call(fields.lower)
}

/// The same without `USBD_AssignUrbToIoStackLocation`.
#[must_use]
pub fn send_unassigned<S: Specimen>(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
    irp.submission_by_hand(urb, Some(came_back::<S>), urb.cast());
    // SAFETY: the extension is valid.
    irp.call(unsafe { (*extension).lower })
}

unsafe extern "C" fn came_back<S: Specimen>(
    device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    context: *mut c_void,
) -> NTSTATUS {
    S::completed(Extension::of(device), Irp(irp), context.cast())
}

/// The end of a request: its bytes are counted, the URB is freed, the lock given back.
#[must_use]
pub fn completed<S: Specimen>(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
    propagate_pending(irp);
    finish_urb(extension, irp, urb);
    S::release(extension, Request::of(irp));
    STATUS_SUCCESS
}

/// A completion routine that does not keep the IRP marks it pending if it was.
pub const fn propagate_pending(irp: Irp) {
    if irp.is_pending_returned() {
        irp.mark_pending();
    }
}

/// Counts the bytes and frees the URB.
pub fn finish_urb(extension: *mut Extension, irp: Irp, urb: PURB) {
    let bytes = if NT_SUCCESS(irp.status()) { usb::transferred(urb) } else { 0 };
    irp.set_information(bytes as usize);
    // SAFETY: the extension is valid.
    usb::free(unsafe { (*extension).handle }, urb);
}
