//! An IRP that this driver has, with what the headers write as macros.

// UNSAFETY: an IRP is the kernel's.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{
    ffi::c_void,
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use wdk_sys::{
    FILE_OBJECT, GUID, IO_STACK_LOCATION, IRP, KIRQL, NTSTATUS, PDRIVER_CANCEL, PIO_COMPLETION_ROUTINE,
    SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED, STATUS_PENDING,
    ntddk::{IoReleaseCancelSpinLock, IofCallDriver, IofCompleteRequest},
};

use super::{device::Device, memory::Run};

/// An IRP that has a stack location of this driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Irp(*mut IRP);

// SAFETY: an IRP belongs to no thread.
unsafe impl Send for Irp {}

/// `Parameters.DeviceIoControl`
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// `IoControlCode`
    pub code: u32,
    /// `InputBufferLength`
    pub input: usize,
    /// `OutputBufferLength`
    pub output: usize,
    /// `Type3InputBuffer`
    pub type3: usize,
}

/// `Parameters.Power`
#[derive(Clone, Copy, Debug)]
pub struct Power {
    /// `Type` is `SystemPowerState`.
    pub is_system: bool,
    /// `State`
    pub state: u32,
}

/// `Parameters.QueryInterface`
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// What is asked for.
    pub kind: Option<GUID>,
    /// `Size`
    pub size: u16,
    /// `Version`
    pub version: u16,
    /// `Interface`
    pub out: usize,
}

impl Irp {
    /// The IRP that a routine of this driver was given.
    pub const fn of(irp: *mut IRP) -> Self {
        Self(irp)
    }

    /// `IoGetCurrentIrpStackLocation`
    pub const fn current(self) -> *mut IO_STACK_LOCATION {
        // SAFETY: the IRP is valid.
        let tail = unsafe { &raw mut (*self.0).Tail };
        // SAFETY: as above; only an address is computed.
        let slot = unsafe { &raw mut (*tail).Overlay.__bindgen_anon_2.__bindgen_anon_1.CurrentStackLocation };
        // SAFETY: the slot lies in the IRP.
        unsafe { slot.read() }
    }

    /// `IoGetNextIrpStackLocation`
    pub const fn next(self) -> *mut IO_STACK_LOCATION {
        self.current().wrapping_sub(1)
    }

    const fn location(&self) -> &IO_STACK_LOCATION {
        // SAFETY: the IRP has a current stack location.
        unsafe { &*self.current() }
    }

    /// `MajorFunction`
    pub const fn major(self) -> u8 {
        self.location().MajorFunction
    }

    /// `MinorFunction`
    pub const fn minor(self) -> u8 {
        self.location().MinorFunction
    }

    /// `FileObject`
    pub const fn file(self) -> *mut FILE_OBJECT {
        self.location().FileObject
    }

    /// `IoStatus.Status`
    pub const fn status(self) -> NTSTATUS {
        // SAFETY: the IRP is valid.
        let irp = unsafe { &*self.0 };
        // SAFETY: whatever the union holds, a number is read.
        unsafe { irp.IoStatus.__bindgen_anon_1.Status }
    }

    /// `IoStatus.Information`
    pub fn information(self) -> usize {
        // SAFETY: the IRP is valid.
        unsafe { (*self.0).IoStatus.Information as usize }
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

    /// `Parameters.DeviceIoControl`
    pub fn control(self) -> Control {
        // SAFETY: whatever the union holds, numbers are read.
        let control = unsafe { &self.location().Parameters.DeviceIoControl };
        Control {
            code: control.IoControlCode,
            input: control.InputBufferLength as usize,
            output: control.OutputBufferLength as usize,
            type3: control.Type3InputBuffer.expose_provenance(),
        }
    }

    /// `Parameters.Power`
    pub const fn power(self) -> Power {
        // SAFETY: whatever the union holds, numbers are read.
        let power = unsafe { &self.location().Parameters.Power };
        // SAFETY: both variants are numbers of the same size.
        let state = unsafe { power.State.SystemState };
        Power { is_system: power.Type == wdk_sys::_POWER_STATE_TYPE::SystemPowerState, state }
    }

    /// `Parameters.QueryInterface`
    pub fn query_interface(self) -> Interface {
        // SAFETY: the minor function says that this is there.
        let asked = unsafe { &self.location().Parameters.QueryInterface };
        // SAFETY: NULL, or a GUID.
        let kind = unsafe { asked.InterfaceType.as_ref() }.copied();
        Interface { kind, size: asked.Size, version: asked.Version, out: asked.Interface.expose_provenance() }
    }

    /// The one number of `QUERY_ID`, `QUERY_DEVICE_TEXT` and `QUERY_DEVICE_RELATIONS`, which all have it first.
    pub const fn asked_kind(self) -> u32 {
        // SAFETY: whatever the union holds, a number is read.
        unsafe { self.location().Parameters.QueryId.IdType }
    }

    /// `Parameters.DeviceCapabilities.Capabilities`, or `Parameters.Others.Argument1` of an URB's request.
    pub fn argument1(self) -> usize {
        // SAFETY: whatever the union holds, it is a pointer.
        unsafe { self.location().Parameters.Others.Argument1 }.expose_provenance()
    }

    /// `AssociatedIrp.SystemBuffer`, so many bytes of it.
    pub fn system_buffer(self, length: usize) -> Run {
        // SAFETY: the IRP is valid.
        let irp = unsafe { &*self.0 };
        // SAFETY: whatever the union holds, it is a pointer.
        let buffer = unsafe { irp.AssociatedIrp.SystemBuffer };
        Run::at(buffer.expose_provenance(), if buffer.is_null() { 0 } else { length })
    }

    /// `Cancel`
    pub fn is_cancelled(self) -> bool {
        // SAFETY: the IRP is valid; only an address is computed.
        let cancel = unsafe { &raw const (*self.0).Cancel };
        // SAFETY: the field lies in the IRP.
        unsafe { cancel.read_volatile() != 0 }
    }

    /// `PendingReturned`
    pub const fn is_pending_returned(self) -> bool {
        // SAFETY: the IRP is valid.
        unsafe { (*self.0).PendingReturned != 0 }
    }

    /// `IoMarkIrpPending`
    pub const fn mark_pending(self) {
        // SAFETY: the IRP has a current stack location.
        unsafe { (*self.current()).Control |= SL_PENDING_RETURNED as u8 };
    }

    /// `IoSetCancelRoutine`. Gives whether there was one.
    pub fn set_cancel_routine(self, routine: PDRIVER_CANCEL) -> bool {
        // SAFETY: the IRP is valid; only an address is computed.
        let slot = unsafe { &raw mut (*self.0).CancelRoutine };
        // SAFETY: an aligned pointer that the kernel reaches atomically as well.
        let slot = unsafe { AtomicPtr::<c_void>::from_ptr(slot.cast()) };
        let routine: *mut c_void =
            routine.map_or(ptr::null_mut(), |routine: CancelRoutine| routine as *mut c_void);
        !slot.swap(routine, Ordering::AcqRel).is_null()
    }

    /// `IoReleaseCancelSpinLock`, in a cancel routine.
    pub fn release_cancel_spin_lock(self) {
        // SAFETY: the IRP is valid.
        let irql: KIRQL = unsafe { (*self.0).CancelIrql };
        // SAFETY: the I/O manager took the lock before it called the cancel routine.
        unsafe { IoReleaseCancelSpinLock(irql) };
    }

    /// `IoSkipCurrentIrpStackLocation`
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

    /// `IoCopyCurrentIrpStackLocationToNext`, and `IoSetCompletionRoutine` for every end.
    pub fn copy_to_next(self, routine: PIO_COMPLETION_ROUTINE, context: *mut c_void) {
        // SAFETY: the IRP has a current and a next stack location.
        let mut copy = unsafe { self.current().read() };
        copy.Control = (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL) as u8;
        copy.CompletionRoutine = routine;
        copy.Context = context;
        // SAFETY: as above.
        unsafe { self.next().write(copy) };
    }

    /// `IoCallDriver`
    pub fn call(self, device: Device) -> NTSTATUS {
        // SAFETY: both are valid, and the IRP is this driver's until now.
        unsafe { IofCallDriver(device.as_ptr(), self.0) }
    }

    /// Skips this driver's stack location and sends the IRP down.
    pub fn pass_down(self, device: Device) -> NTSTATUS {
        self.skip();
        self.call(device)
    }

    /// `IoCompleteRequest` with the status that is there; gives it.
    pub fn finish(self) -> NTSTATUS {
        let status = self.status();
        // SAFETY: the IRP is this driver's until now.
        unsafe { IofCompleteRequest(self.0, 0) };
        status
    }

    /// `IoCompleteRequest` with a status and no information; gives the status.
    pub fn complete(self, status: NTSTATUS) -> NTSTATUS {
        self.complete_with(status, 0)
    }

    /// `IoCompleteRequest` with a status and information; gives the status.
    pub fn complete_with(self, status: NTSTATUS, information: usize) -> NTSTATUS {
        self.set_status(status);
        self.set_information(information);
        self.finish()
    }

    /// Marks it pending, for whoever completes it later.
    pub const fn pend(self) -> NTSTATUS {
        self.mark_pending();
        STATUS_PENDING
    }
}

type CancelRoutine = unsafe extern "C" fn(*mut wdk_sys::DEVICE_OBJECT, *mut IRP);
