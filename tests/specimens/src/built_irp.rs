//! IRPs that the I/O manager builds for the driver.

// UNSAFETY: builds and sends IRPs.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    DEVICE_CAPABILITIES, DEVICE_OBJECT, IO_STATUS_BLOCK, IRP, KEVENT, NTSTATUS,
    STATUS_MORE_PROCESSING_REQUIRED,
    ntddk::{IoBuildAsynchronousFsdRequest, IoBuildDeviceIoControlRequest, IoBuildSynchronousFsdRequest},
    usb::USBD_AssignUrbToIoStackLocation,
};

use crate::{Extension, Irp, driver, kernel, own_irp, pnp, usb};

/// `IOCTL_INTERNAL_USB_SUBMIT_URB`, which is a macro.
const SUBMIT_URB: u32 = 0x0022_0003;

/// What a request of the driver's own needs for as long as it is under way. Lies in the pool, where it stays valid
/// whoever waits or does not.
#[repr(C)]
pub struct Query {
    event: KEVENT,
    status: IO_STATUS_BLOCK,
    capabilities: DEVICE_CAPABILITIES,
}

impl Query {
    /// NULL when there is no memory.
    #[must_use]
    pub fn new() -> *mut Self {
        let query = kernel::allocate(size_of::<Self>()).cast::<Self>();
        // SAFETY: there is room for it, and all zero is valid.
        let Some(fields) = (unsafe { query.as_mut() }) else { return query };
        kernel::initialise_event(&raw mut fields.event);
        fields.capabilities.Size = size_of::<DEVICE_CAPABILITIES>() as u16;
        fields.capabilities.Version = 1;
        fields.capabilities.Address = u32::MAX;
        fields.capabilities.UINumber = u32::MAX;
        query
    }

    /// Its event.
    #[must_use]
    pub const fn event(query: *mut Self) -> *mut KEVENT {
        // SAFETY: the query is valid.
        unsafe { &raw mut (*query).event }
    }

    /// Frees it.
    pub fn free(query: *mut Self) {
        kernel::free(query.cast());
    }
}

/// Makes an IRP's next location ask for the device's capabilities.
fn ask_capabilities(irp: Irp, query: *mut Query) {
    // SAFETY: the IRP has a next stack location.
    let next = unsafe { &mut *irp.next() };
    next.MajorFunction = driver::PNP;
    next.MinorFunction = pnp::QUERY_CAPABILITIES;
    // SAFETY: the query is valid.
    next.Parameters.DeviceCapabilities.Capabilities = unsafe { &raw mut (*query).capabilities };
}

/// `IoBuildAsynchronousFsdRequest` of a PnP request. None when there is no memory.
#[must_use]
pub fn asynchronous(extension: *mut Extension, query: *mut Query) -> Option<Irp> {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    let (none, major) = (ptr::null_mut(), driver::PNP.into());
    // SAFETY: a request without a buffer.
    let irp =
        unsafe { IoBuildAsynchronousFsdRequest(major, lower, none, 0, ptr::null_mut(), ptr::null_mut()) };
    let irp = (!irp.is_null()).then_some(Irp(irp))?;
    ask_capabilities(irp, query);
    Some(irp)
}

/// `IoBuildSynchronousFsdRequest` of a PnP request. None when there is no memory.
#[must_use]
pub fn synchronous(extension: *mut Extension, query: *mut Query) -> Option<Irp> {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    let (none, major) = (ptr::null_mut(), driver::PNP.into());
    // SAFETY: the query is valid.
    let event = unsafe { &raw mut (*query).event };
    // SAFETY: as above.
    let status = unsafe { &raw mut (*query).status };
    // SAFETY: a request without a buffer; event and status block lie in the pool.
    let irp = unsafe { IoBuildSynchronousFsdRequest(major, lower, none, 0, ptr::null_mut(), event, status) };
    let irp = (!irp.is_null()).then_some(Irp(irp))?;
    ask_capabilities(irp, query);
    Some(irp)
}

/// Gives an asynchronous request its completion routine, which keeps the IRP and signals.
pub fn expect_back(irp: Irp, query: *mut Query) {
    irp.set_completion_routine(Some(came_back), Query::event(query).cast());
}

unsafe extern "C" fn came_back(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    kernel::set(context.cast::<KEVENT>());
    STATUS_MORE_PROCESSING_REQUIRED
}

/// Sends an asynchronous request as `send` does, waits for it and frees it.
pub fn query_asynchronously(extension: *mut Extension, send: impl FnOnce(Irp, *mut DEVICE_OBJECT)) {
    let query = Query::new();
    if query.is_null() {
        return;
    }
    if let Some(irp) = asynchronous(extension, query) {
        expect_back(irp, query);
        // SAFETY: the extension is valid.
        send(irp, unsafe { (*extension).lower });
        kernel::wait(Query::event(query));
        own_irp::free(irp);
    }
    Query::free(query);
}

/// Sends a synchronous request as `send` does, and waits for it.
pub fn query_synchronously(extension: *mut Extension, send: impl FnOnce(Irp, *mut DEVICE_OBJECT)) {
    let query = Query::new();
    if query.is_null() {
        return;
    }
    if let Some(irp) = synchronous(extension, query) {
        // SAFETY: the extension is valid.
        send(irp, unsafe { (*extension).lower });
        kernel::wait(Query::event(query));
    }
    Query::free(query);
}

/// Sends an URB by `IoBuildDeviceIoControlRequest` and does not wait for it. What it needs is kept in the extension,
/// for [`finish_urb`].
pub fn send_urb_and_go_on(extension: *mut Extension) {
    let query = Query::new();
    let buffer = kernel::allocate(usb::DESCRIPTOR_LENGTH as usize);
    // SAFETY: the extension is valid.
    let fields = unsafe { &mut *extension };
    let urb = usb::allocate(fields.handle);
    if query.is_null() || buffer.is_null() || urb.is_null() {
        return;
    }
    (fields.urb, fields.memory, fields.second_memory) = (urb, query.cast(), buffer);
    usb::format(urb, buffer);
    let (none, lower) = (ptr::null_mut(), fields.lower);
    // SAFETY: the query is valid.
    let event = unsafe { &raw mut (*query).event };
    // SAFETY: as above.
    let status = unsafe { &raw mut (*query).status };
    // SAFETY: a request without buffers; event and status block lie in the pool.
    let irp = unsafe { IoBuildDeviceIoControlRequest(SUBMIT_URB, lower, none, 0, none, 0, 1, event, status) };
    if irp.is_null() {
        return;
    }
    let irp = Irp(irp);
    // SAFETY: handle, location and URB are valid.
    unsafe { USBD_AssignUrbToIoStackLocation(fields.handle, irp.next(), urb) };
    let _ = irp.call(lower);
}

/// Waits for what [`send_urb_and_go_on`] sent, and frees everything.
pub fn finish_urb(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let fields = unsafe { &mut *extension };
    if fields.urb.is_null() {
        return;
    }
    kernel::wait(Query::event(fields.memory.cast()));
    usb::free(fields.handle, fields.urb);
    kernel::free(fields.memory);
    kernel::free(fields.second_memory);
    fields.urb = ptr::null_mut();
}
