//! The steps of the driver, each of which a specimen may do its own way.

use wdk_sys::{FILE_DEVICE_UNKNOWN, KEVENT, NTSTATUS, PDRIVER_DISPATCH, PURB, STATUS_SUCCESS};

use crate::{Extension, Irp, Request, driver, io, kernel, pnp, usb};

/// One driver. Every step that is not replaced is done correctly.
pub trait Specimen: Sized {
    /// Whether the dispatch table has a routine for a major function.
    #[must_use]
    fn handles(major: u8) -> bool {
        let _ = major;
        true
    }

    /// `DriverEntry` is about to succeed.
    fn entered() {}

    /// `DriverUnload`.
    fn unload() {}

    /// The remove lock is initialised, the device not attached yet.
    fn created(extension: *mut Extension) {
        let _ = extension;
    }

    /// Attached: takes over the flags of the device below.
    fn attached(extension: *mut Extension) {
        driver::inherit_flags(extension);
    }

    /// The last act of `AddDevice` when all went well.
    fn added(extension: *mut Extension) {
        driver::clear_initialising(extension);
    }

    /// `USBD_CreateHandle` failed: what was done is undone.
    fn unwind(extension: *mut Extension) {
        driver::detach(extension);
        driver::delete(extension);
    }

    /// Takes the remove lock in a request's name.
    #[must_use]
    fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
        kernel::acquire(extension, request)
    }

    /// Gives the remove lock back in a request's name.
    fn release(extension: *mut Extension, request: Request) {
        kernel::release(extension, request.tag);
    }

    /// The lower drivers have started the device; `PASSIVE_LEVEL`.
    fn started(extension: *mut Extension) {
        let _ = extension;
    }

    /// Waits for an IRP that this driver sent down and gets back.
    fn wait_for_lower(event: *mut KEVENT) {
        kernel::wait(event);
    }

    /// The completion routine of such an IRP.
    fn came_back(irp: Irp, event: *mut KEVENT) {
        if irp.is_pending_returned() {
            kernel::set(event);
        }
    }

    /// The dispatch routine of `IRP_MJ_POWER`.
    #[must_use]
    fn power_routine() -> PDRIVER_DISPATCH {
        Some(io::pass::<Self>)
    }

    /// A PnP request has come, and the remove lock was taken for it; `PASSIVE_LEVEL`.
    fn before_pnp(extension: *mut Extension, request: Request) {
        let _ = (extension, request);
    }

    /// A PnP request was sent down that does not end the device, and the remove lock is still held for it.
    fn after_pnp(extension: *mut Extension, request: Request) {
        let _ = (extension, request);
    }

    /// `IRP_MJ_CREATE`, `IRP_MJ_CLEANUP` or `IRP_MJ_CLOSE`, with the remove lock held.
    #[must_use]
    fn file_request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        io::end::<Self>(extension, irp, STATUS_SUCCESS)
    }

    /// `IRP_MJ_POWER` and `IRP_MJ_SYSTEM_CONTROL`: sends them down.
    #[must_use]
    fn pass(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::forward(extension, irp)
    }

    /// A request that the drivers below may know: `IRP_MJ_READ`, `IRP_MJ_WRITE`, `IRP_MJ_INTERNAL_DEVICE_CONTROL` and
    /// `IRP_MJ_SHUTDOWN` are sent down.
    #[must_use]
    fn other(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::forward(extension, irp)
    }

    /// The type that the device object is created with.
    #[must_use]
    fn device_type() -> u32 {
        FILE_DEVICE_UNKNOWN
    }

    /// `IRP_MN_START_DEVICE`: the lower drivers first.
    #[must_use]
    fn start(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::start::<Self>(extension, irp)
    }

    /// A PnP request that is not the driver's concern: sends it down.
    #[must_use]
    fn other_pnp(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::forward(extension, irp)
    }

    /// `IRP_MN_QUERY_REMOVE_DEVICE`: agrees and sends it down.
    #[must_use]
    fn query_remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::forward_with_success(extension, irp)
    }

    /// The device goes: its interface is turned off.
    fn interface_off(extension: *mut Extension) {
        pnp::set_interface(extension, false);
    }

    /// `IRP_MN_SURPRISE_REMOVAL`, with the remove lock held.
    #[must_use]
    fn surprise_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::surprise_removal::<Self>(extension, irp)
    }

    /// `IRP_MN_REMOVE_DEVICE`, with the remove lock held.
    #[must_use]
    fn remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::remove::<Self>(extension, irp)
    }

    /// Before `IRP_MN_REMOVE_DEVICE` is sent down: the handle is closed.
    fn before_forward(extension: *mut Extension) {
        usb::close_handle(extension);
    }

    /// Sends `IRP_MN_REMOVE_DEVICE` down.
    #[must_use]
    fn forward_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        pnp::forward_with_success(extension, irp)
    }

    /// After `IRP_MN_REMOVE_DEVICE` was sent down: waits for everybody else who holds the lock.
    fn wait_for_others(extension: *mut Extension, request: Request) {
        kernel::release_and_wait(extension, request.tag);
    }

    /// A device control request, with the remove lock held: reads the device descriptor.
    #[must_use]
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        io::request::<Self>(extension, irp)
    }

    /// The completion routine of [`request`](Self::request); up to `DISPATCH_LEVEL`.
    #[must_use]
    fn completed(extension: *mut Extension, irp: Irp, urb: PURB) -> NTSTATUS {
        io::completed::<Self>(extension, irp, urb)
    }
}
