//! An IRP, with what the headers write as macros and inline functions.

// UNSAFETY: an IRP is the kernel's. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::ffi::c_void;

use wdk_sys::{
    DEVICE_OBJECT, FILE_OBJECT, IO_STACK_LOCATION, IRP, NTSTATUS, PIO_COMPLETION_ROUTINE, PURB,
    SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED, STATUS_CANCELLED,
    STATUS_SUCCESS, USBD_HANDLE,
    ntddk::{IoReleaseCancelSpinLock, IoSetCompletionRoutineEx, IofCallDriver, IofCompleteRequest},
    usb::USBD_AssignUrbToIoStackLocation,
};

use crate::Extension;

/// `IRP_MJ_INTERNAL_DEVICE_CONTROL`.
const INTERNAL_DEVICE_CONTROL: u8 = 0x0F;
/// `IOCTL_INTERNAL_USB_SUBMIT_URB`, which is a macro.
const SUBMIT_URB: u32 = 0x0022_0003;

/// A pointer to an IRP.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Irp(pub *mut IRP);

/// What is still known of a request when its IRP is gone.
#[derive(Clone, Copy)]
pub struct Request {
    /// The IRP's address, the tag in the remove lock.
    pub tag: *mut c_void,
    /// `MajorFunction`
    pub major: u8,
    /// `MinorFunction`
    pub minor: u8,
}

impl Request {
    /// The request of an IRP that this driver has.
    #[must_use]
    pub const fn of(irp: Irp) -> Self {
        Self { tag: irp.0.cast(), major: irp.major(), minor: irp.minor() }
    }

    /// What the driver does for itself: the extension is its tag.
    #[must_use]
    pub const fn own(extension: *mut Extension) -> Self {
        Self { tag: extension.cast(), major: u8::MAX, minor: 0 }
    }
}

impl Irp {
    /// `IoGetCurrentIrpStackLocation`.
    #[must_use]
    pub const fn current(self) -> *mut IO_STACK_LOCATION {
        // SAFETY: the IRP is valid.
        let tail = unsafe { &raw mut (*self.0).Tail };
        // SAFETY: as above; only an address is computed.
        let slot = unsafe { &raw mut (*tail).Overlay.__bindgen_anon_2.__bindgen_anon_1.CurrentStackLocation };
        // SAFETY: the slot lies in the IRP.
        unsafe { slot.read() }
    }

    /// `IoGetNextIrpStackLocation`.
    #[must_use]
    pub const fn next(self) -> *mut IO_STACK_LOCATION {
        self.current().wrapping_sub(1)
    }

    /// `MajorFunction`.
    #[must_use]
    pub const fn major(self) -> u8 {
        // SAFETY: the IRP has a current stack location.
        unsafe { (*self.current()).MajorFunction }
    }

    /// `MinorFunction`.
    #[must_use]
    pub const fn minor(self) -> u8 {
        // SAFETY: the IRP has a current stack location.
        unsafe { (*self.current()).MinorFunction }
    }

    /// `IoStatus.Status`.
    #[must_use]
    pub const fn status(self) -> NTSTATUS {
        // SAFETY: the IRP is valid.
        let irp = unsafe { &*self.0 };
        // SAFETY: whatever the union holds, a number is read.
        unsafe { irp.IoStatus.__bindgen_anon_1.Status }
    }

    /// Sets `IoStatus.Status`.
    pub const fn set_status(self, status: NTSTATUS) {
        // SAFETY: the IRP is valid.
        let block = unsafe { &raw mut (*self.0).IoStatus };
        // SAFETY: as above.
        let slot = unsafe { &raw mut (*block).__bindgen_anon_1.Status };
        // SAFETY: the slot lies in the IRP.
        unsafe { slot.write(status) };
    }

    /// Sets `IoStatus.Information`.
    pub fn set_information(self, information: usize) {
        // SAFETY: the IRP is valid.
        unsafe { (*self.0).IoStatus.Information = information as _ };
    }

    /// `AssociatedIrp.SystemBuffer`.
    #[must_use]
    pub const fn system_buffer(self) -> *mut c_void {
        // SAFETY: the IRP is valid.
        let irp = unsafe { &*self.0 };
        // SAFETY: whatever the union holds, it is a pointer.
        unsafe { irp.AssociatedIrp.SystemBuffer }
    }

    /// `Parameters.DeviceIoControl.OutputBufferLength`.
    #[must_use]
    pub const fn output_length(self) -> u32 {
        // SAFETY: the IRP has a current stack location.
        let location = unsafe { &*self.current() };
        // SAFETY: whatever the union holds, a number is read.
        unsafe { location.Parameters.DeviceIoControl.OutputBufferLength }
    }

    /// `Parameters.DeviceIoControl.IoControlCode`.
    #[must_use]
    pub const fn control_code(self) -> u32 {
        // SAFETY: the IRP has a current stack location.
        let location = unsafe { &*self.current() };
        // SAFETY: whatever the union holds, a number is read.
        unsafe { location.Parameters.DeviceIoControl.IoControlCode }
    }

    /// `FileObject` of the current stack location.
    #[must_use]
    pub const fn file(self) -> *mut FILE_OBJECT {
        // SAFETY: the IRP has a current stack location.
        unsafe { (*self.current()).FileObject }
    }

    /// `Parameters.DeviceIoControl.Type3InputBuffer`, the caller's own memory.
    #[must_use]
    pub const fn type3_input(self) -> *mut c_void {
        // SAFETY: the IRP has a current stack location.
        let location = unsafe { &*self.current() };
        // SAFETY: whatever the union holds, it is a pointer.
        unsafe { location.Parameters.DeviceIoControl.Type3InputBuffer }
    }

    /// `PendingReturned`.
    #[must_use]
    pub const fn is_pending_returned(self) -> bool {
        // SAFETY: the IRP is valid.
        unsafe { (*self.0).PendingReturned != 0 }
    }

    /// `IoMarkIrpPending`.
    pub const fn mark_pending(self) {
        // SAFETY: the IRP has a current stack location.
        unsafe { (*self.current()).Control |= SL_PENDING_RETURNED as u8 };
    }

    /// `IoSkipCurrentIrpStackLocation`.
    pub const fn skip(self) {
        // SAFETY: the IRP is valid.
        unsafe { (*self.0).CurrentLocation += 1 };
        // SAFETY: as above.
        let tail = unsafe { &raw mut (*self.0).Tail };
        // SAFETY: as above; only an address is computed.
        let slot = unsafe { &raw mut (*tail).Overlay.__bindgen_anon_2.__bindgen_anon_1.CurrentStackLocation };
        // SAFETY: the slot lies in the IRP.
        let slot = unsafe { &mut *slot };
        *slot = slot.wrapping_add(1);
    }

    /// `IoCopyCurrentIrpStackLocationToNext`.
    pub const fn copy_to_next(self) {
        // SAFETY: the IRP has a current and a next stack location.
        let mut copy = unsafe { self.current().read() };
        copy.Control = 0;
        copy.CompletionRoutine = None;
        copy.Context = core::ptr::null_mut();
        // SAFETY: as above.
        unsafe { self.next().write(copy) };
    }

    /// `IoSetCompletionRoutine`, for every end of the IRP.
    pub const fn set_completion_routine(self, routine: PIO_COMPLETION_ROUTINE, context: *mut c_void) {
        // SAFETY: the IRP has a next stack location.
        let next = unsafe { &mut *self.next() };
        next.CompletionRoutine = routine;
        next.Context = context;
        next.Control = (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL) as u8;
    }

    /// Makes the next stack location a submission of an URB: the request, the completion routine, then
    /// `USBD_AssignUrbToIoStackLocation`, after which nothing writes to the location.
    pub fn submission(
        self,
        handle: USBD_HANDLE,
        urb: PURB,
        routine: PIO_COMPLETION_ROUTINE,
        context: *mut c_void,
    ) {
        // SAFETY: the IRP has a next stack location. It arrives dirty; all zero is valid.
        unsafe { self.next().write_bytes(0, 1) };
        // SAFETY: as above.
        let next = unsafe { &mut *self.next() };
        next.MajorFunction = INTERNAL_DEVICE_CONTROL;
        next.Parameters.DeviceIoControl.IoControlCode = SUBMIT_URB;
        self.set_completion_routine(routine, context);
        // SAFETY: handle, location and URB are valid.
        unsafe { USBD_AssignUrbToIoStackLocation(handle, self.next(), urb) };
    }

    /// The same without `USBD_AssignUrbToIoStackLocation`, as drivers of other URBs do it.
    pub fn submission_by_hand(self, urb: PURB, routine: PIO_COMPLETION_ROUTINE, context: *mut c_void) {
        // SAFETY: the IRP has a next stack location. It arrives dirty; all zero is valid.
        unsafe { self.next().write_bytes(0, 1) };
        // SAFETY: as above.
        let next = unsafe { &mut *self.next() };
        next.MajorFunction = INTERNAL_DEVICE_CONTROL;
        next.Parameters.DeviceIoControl.IoControlCode = SUBMIT_URB;
        next.Parameters.Others.Argument1 = urb.cast();
        self.set_completion_routine(routine, context);
    }

    /// `IoSetCancelRoutine`, with one that does nothing useful.
    pub fn set_cancel_routine(self) {
        // SAFETY: the IRP is valid.
        unsafe { (*self.0).CancelRoutine = Some(cancelled) };
    }

    /// `IoSetCompletionRoutineEx` with a routine that only passes the pending mark on, for every end of the IRP. Gives
    /// its status.
    pub fn set_completion_routine_ex(self, device: *mut DEVICE_OBJECT) -> NTSTATUS {
        let none = core::ptr::null_mut();
        // SAFETY: the IRP has a next stack location.
        unsafe { IoSetCompletionRoutineEx(device, self.0, Some(lets_go), none, 1, 1, 1) }
    }

    /// Marks the next driver's location pending.
    pub const fn mark_next_pending(self) {
        // SAFETY: the IRP has a next stack location.
        unsafe { (*self.next()).Control |= SL_PENDING_RETURNED as u8 };
    }

    /// Copies the current stack location to the next with its completion routine, as a plain copy does.
    pub const fn copy_to_next_whole(self) {
        // SAFETY: the IRP has a current stack location.
        let current = unsafe { self.current().read() };
        // SAFETY: and a next one.
        unsafe { self.next().write(current) };
    }

    /// `IoCallDriver`.
    #[must_use]
    pub fn call(self, device: *mut DEVICE_OBJECT) -> NTSTATUS {
        // SAFETY: both are valid, and the IRP is this driver's until now.
        unsafe { IofCallDriver(device, self.0) }
    }

    /// `IoCompleteRequest` with a status and no information; returns the status.
    #[must_use]
    pub fn complete(self, status: NTSTATUS) -> NTSTATUS {
        self.set_status(status);
        self.set_information(0);
        self.finish();
        status
    }

    /// `IoCompleteRequest`, with the status that is there.
    pub fn finish(self) {
        // SAFETY: the IRP is this driver's until now.
        unsafe { IofCompleteRequest(self.0, 0) };
    }

    /// Skips this driver's stack location and sends the IRP down.
    #[must_use]
    pub fn pass_down(self, device: *mut DEVICE_OBJECT) -> NTSTATUS {
        self.skip();
        self.call(device)
    }
}

unsafe extern "C" fn cancelled(_: *mut DEVICE_OBJECT, irp: *mut IRP) {
    // SAFETY: the IRP is valid, and the I/O manager holds the cancel spin lock.
    let irql = unsafe { (*irp).CancelIrql };
    // SAFETY: as above.
    unsafe { IoReleaseCancelSpinLock(irql) };
    let _ = Irp(irp).complete(STATUS_CANCELLED);
}

const unsafe extern "C" fn lets_go(_: *mut DEVICE_OBJECT, irp: *mut IRP, _: *mut c_void) -> NTSTATUS {
    if Irp(irp).is_pending_returned() {
        Irp(irp).mark_pending();
    }
    STATUS_SUCCESS
}
