//! The steps of the driver, each of which a specimen may do its own way.

use wdk_sys::{KEVENT, NTSTATUS, PURB};

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
