//! An IRP and an URB of this driver's own, for what START, STOP and recovery ask of the device: sent,
//! and waited for.
//!
//! Both are allocated once, before the first use, so that taking a configuration back needs no memory.
//!
//! Pages: [IoAllocateIrp](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioallocateirp),
//! [IoReuseIrp](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioreuseirp),
//! [IoFreeIrp](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iofreeirp),
//! [USBD_AssignUrbToIoStackLocation](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_assignurbtoiostacklocation)

// UNSAFETY: works on the kernel's structures.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use alloc::vec::Vec;
use core::{
    ffi::c_void,
    pin::{Pin, pin},
    ptr::{self, NonNull},
};

use usbclient_core::urb::Kind;
use usbclient_protocol::status::{
    NtStatus, STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS, Status,
};
use wdk_sys::{
    DEVICE_OBJECT, IRP, IRP_MJ_INTERNAL_DEVICE_CONTROL, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_NOT_SUPPORTED, STATUS_PENDING, URB, USBD_HANDLE,
    ntddk::{IoAllocateIrp, IoCancelIrp, IoFreeIrp, IoReuseIrp, IofCallDriver},
    usb::USBD_AssignUrbToIoStackLocation,
};

use super::{
    device::{self, Device},
    event::Event,
    irp::Irp,
    irql::{AtMostDispatch, Passive},
    narrow,
    port::{self, IOCTL_INTERNAL_USB_RESET_PORT},
    stack_location,
    static_streams::StreamArray,
    urb::{Buffer, Format, IOCTL_INTERNAL_USB_SUBMIT_URB, PipeHandle, Urb},
    usbd::HandleUse,
};

/// How long a wait lasts before the device's state is looked at again.
const GLANCE_MS: u32 = 50;
/// How many such waits the device may take to answer one request: five seconds.
const GLANCES: u32 = 100;

/// Makes the next stack location ask the USB driver stack for the URB. Nothing may write the
/// location afterwards: Assign also stores the context of a USB 3 stack there.
///
/// # Safety
///
/// `irp` is a valid IRP of this driver's to send, with a location for the driver below. The URB was
/// allocated from `handle`, and nobody touches it until the IRP has come back.
pub(super) unsafe fn assign(irp: *mut IRP, handle: USBD_HANDLE, urb: *mut URB) {
    // SAFETY: the caller's obligation.
    let location = unsafe { stack_location::next(irp) };
    // SAFETY: the next location is valid and this driver's to prepare.
    let next = unsafe { &mut *location };
    next.MajorFunction = const { narrow::u8(IRP_MJ_INTERNAL_DEVICE_CONTROL) };
    next.MinorFunction = 0;
    next.Flags = 0;
    // The location arrives with whatever was in it before.
    next.Parameters.Others.Argument1 = ptr::null_mut();
    next.Parameters.Others.Argument2 = ptr::null_mut();
    next.Parameters.Others.Argument4 = ptr::null_mut();
    next.Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
    // SAFETY: handle, location and URB belong together, which the caller promises.
    unsafe { USBD_AssignUrbToIoStackLocation(handle, location, urb) };
}

/// An IRP from `IoAllocateIrp`, freed when dropped.
pub struct OwnIrp(NonNull<IRP>);

// SAFETY: owns an IRP, which belongs to no thread.
unsafe impl Send for OwnIrp {}

impl OwnIrp {
    /// Allocates an IRP for the device below.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`, or `STATUS_NO_SUCH_DEVICE` if there is no device below.
    pub fn for_device(device: Device, _irql: &AtMostDispatch) -> Result<Self, Status> {
        device.lower().ok_or(STATUS_NO_SUCH_DEVICE).and_then(Self::allocate)
    }

    /// Makes the IRP one that was not sent, and not cancelled, and lends it to be sent. It has no
    /// current stack location. IRQL: `DISPATCH_LEVEL` or below.
    pub fn reuse(&mut self, _irql: &AtMostDispatch) -> Irp {
        // SAFETY: from IoAllocateIrp, and not in use: it is exclusively borrowed.
        unsafe { IoReuseIrp(self.0.as_ptr(), STATUS_NOT_SUPPORTED) };
        // SAFETY: owned. Whoever gets it leaves the current location alone.
        unsafe { Irp::from_raw(self.0) }
    }
}

impl Drop for OwnIrp {
    fn drop(&mut self) {
        // SAFETY: from IoAllocateIrp, and not in use: `submit` returns when it has come back, and a
        // reader's IRP is with its reader then.
        unsafe { IoFreeIrp(self.0.as_ptr()) };
    }
}

impl OwnIrp {
    /// Allocates an IRP for the device below, which has the first location; this driver needs none of its own.
    pub(super) fn allocate(lower: NonNull<DEVICE_OBJECT>) -> Result<Self, Status> {
        // SAFETY: no quota, and the size is what the device below asks for.
        let irp = unsafe { IoAllocateIrp(device::stack_size(lower), 0) };
        NonNull::new(irp).map(Self).ok_or(STATUS_INSUFFICIENT_RESOURCES)
    }

    pub(super) const fn as_non_null(&self) -> NonNull<IRP> {
        self.0
    }
}

/// Sends one request at a time and waits for it.
pub struct Sender {
    irp: OwnIrp,
    urb: Urb,
    device: Device,
}

// SAFETY: the device is a pointer that belongs to no thread.
unsafe impl Send for Sender {}

impl Sender {
    /// Allocates the IRP and the URB.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES` and others, as `USBD_UrbAllocate` documents.
    pub fn allocate(device: Device, handle: &HandleUse, irql: &AtMostDispatch) -> Result<Self, Status> {
        let urb = Urb::allocate(handle, irql)?;
        let lower = device.lower().ok_or(STATUS_NO_SUCH_DEVICE)?;
        Ok(Self { irp: OwnIrp::allocate(lower)?, urb, device })
    }

    /// Reads a descriptor into `buffer`, which is nonpaged. Answers how many bytes came.
    ///
    /// # Errors
    ///
    /// The status of the USB driver stack.
    pub fn get_descriptor(
        &mut self,
        descriptor_type: u8,
        index: u8,
        buffer: &mut [u8],
        passive: &mut Passive,
    ) -> Result<usize, Status> {
        // SAFETY: the buffer is borrowed until `submit` returns, when the URB has come back.
        unsafe { self.urb.format_get_descriptor(descriptor_type, index, buffer) };
        submit(&self.irp, &mut self.urb, self.device, passive)?;
        Ok(usize::try_from(self.urb.transferred(STATUS_SUCCESS)).unwrap_or(0).min(buffer.len()))
    }

    /// Sends an URB that was built for its one purpose.
    ///
    /// # Errors
    ///
    /// The status of the USB driver stack.
    #[expect(clippy::needless_pass_by_ref_mut, reason = "its IRP carries one request at a time")]
    pub fn send_built<K: Kind>(&mut self, urb: &mut Urb<K>, passive: &mut Passive) -> Result<(), Status> {
        submit(&self.irp, urb, self.device, passive)
    }

    /// Gives back every request that is in flight on the pipe: `URB_FUNCTION_ABORT_PIPE`.
    ///
    /// # Errors
    ///
    /// The status of the USB driver stack.
    pub fn abort_pipe(&mut self, pipe: PipeHandle, passive: &mut Passive) -> Result<(), Status> {
        self.urb.format(&Format::AbortPipe(pipe), Buffer::None, 0);
        submit(&self.irp, &mut self.urb, self.device, passive)
    }

    /// Resets an endpoint of which no request is in flight: `URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL`.
    ///
    /// # Errors
    ///
    /// The status of the USB driver stack.
    pub fn reset_pipe(&mut self, pipe: PipeHandle, passive: &mut Passive) -> Result<(), Status> {
        self.urb.format(&Format::ResetPipe(pipe), Buffer::None, 0);
        submit(&self.irp, &mut self.urb, self.device, passive)
    }

    /// Opens `count` streams of an endpoint: `URB_FUNCTION_OPEN_STATIC_STREAMS`. Answers what the USB
    /// driver stack calls them, from stream 1 on.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`, or the status of the USB driver stack.
    pub fn open_streams(
        &mut self,
        pipe: PipeHandle,
        count: u16,
        passive: &mut Passive,
    ) -> Result<Vec<PipeHandle>, Status> {
        let mut streams = StreamArray::new(count)?;
        // SAFETY: the array lives until `submit` returns, when the URB has come back.
        unsafe { self.urb.format_open_streams(pipe, &mut streams) };
        submit(&self.irp, &mut self.urb, self.device, passive)?;
        streams.into_handles()
    }

    /// Closes all streams of an endpoint, of which no request is in flight:
    /// `URB_FUNCTION_CLOSE_STATIC_STREAMS`.
    ///
    /// # Errors
    ///
    /// The status of the USB driver stack.
    pub fn close_streams(&mut self, pipe: PipeHandle, passive: &mut Passive) -> Result<(), Status> {
        self.urb.format_close_streams(pipe);
        submit(&self.irp, &mut self.urb, self.device, passive)
    }

    /// Resets the port: `IOCTL_INTERNAL_USB_RESET_PORT`.
    ///
    /// # Errors
    ///
    /// The status of the bus driver.
    #[expect(clippy::needless_pass_by_ref_mut, reason = "its IRP carries one request at a time")]
    pub fn reset_port(&mut self, passive: &mut Passive) -> Result<(), Status> {
        let status = send_and_wait(&self.irp, self.device, passive, |irp| {
            // SAFETY: from IoAllocateIrp, not in use, with the locations that the device below needs.
            unsafe { port::ask(irp, IOCTL_INTERNAL_USB_RESET_PORT) };
        })?;
        status.check().map(drop)
    }

    /// Selects the NULL configuration.
    ///
    /// # Errors
    ///
    /// The status of the USB driver stack.
    pub fn unconfigure(&mut self, passive: &mut Passive) -> Result<(), Status> {
        self.urb.format_unconfigure();
        submit(&self.irp, &mut self.urb, self.device, passive)
    }
}

/// Sends the URB down and waits for it. A device that does not answer is given up.
fn submit<K: Kind>(
    irp: &OwnIrp,
    urb: &mut Urb<K>,
    device: Device,
    passive: &mut Passive,
) -> Result<(), Status> {
    let status = send_and_wait(irp, device, passive, |irp| {
        // SAFETY: from IoAllocateIrp, not in use, with the locations that the device below needs. The URB
        // is formatted and borrowed until the IRP has come back.
        unsafe { assign(irp, urb.handle(), urb.as_ptr()) };
    })?;
    urb.status(status).check().map(drop)
}

/// Sends the IRP, whose next location `prepare` fills in, and waits until it is back.
fn send_and_wait(
    irp: &OwnIrp,
    device: Device,
    passive: &mut Passive,
    prepare: impl FnOnce(*mut IRP),
) -> Result<NtStatus, Status> {
    let lower = device.lower().ok_or(STATUS_NO_SUCH_DEVICE)?;
    let mut came_back = pin!(Event::uninit());
    came_back.as_mut().initialise();
    let status = send(irp, lower, came_back.as_ref(), prepare);
    if status == STATUS_PENDING && !is_back_in_time(device, came_back.as_ref(), passive) {
        // SAFETY: the completion routine keeps the IRP until it is freed or reused, so it is valid.
        let _taken = unsafe { IoCancelIrp(irp.0.as_ptr()) };
        // A driver must complete an IRP that is cancelled, and the IRP cannot be let alone before.
        came_back.wait(passive);
    }
    // SAFETY: the IRP has come back, and is this driver's.
    Ok(NtStatus::from_raw(unsafe { stack_location::status(irp.0.as_ptr()) }))
}

/// Waits for the answer, and no longer than the device is there.
fn is_back_in_time(device: Device, came_back: Pin<&Event>, passive: &mut Passive) -> bool {
    for _glance in 0..GLANCES {
        if came_back.wait_at_most(passive, GLANCE_MS) {
            return true;
        }
        if device.gate.lock(passive).machine.overriding_status().is_some() {
            return false;
        }
    }
    false
}

fn send(
    irp: &OwnIrp,
    lower: NonNull<DEVICE_OBJECT>,
    came_back: Pin<&Event>,
    prepare: impl FnOnce(*mut IRP),
) -> NTSTATUS {
    let irp = irp.0.as_ptr();
    let context = (&raw const *came_back.get_ref()).cast_mut().cast::<c_void>();
    // SAFETY: from IoAllocateIrp, and not in use.
    unsafe { IoReuseIrp(irp, STATUS_NOT_SUPPORTED) };
    // SAFETY: it has the locations that the device below needs; the event is pinned, and waited for
    // if the routine has not run.
    unsafe { stack_location::set_completion_routine(irp, Some(came_up), context) };
    prepare(irp);
    // SAFETY: the IRP is prepared for this device, which the remove lock keeps.
    unsafe { IofCallDriver(lower.as_ptr(), irp) }
}

/// The completion routine of an IRP that is waited for: it stays with this driver.
///
/// # Safety
///
/// Called by the I/O manager with a pointer to an [`Event`] that lives until it was waited for.
pub(super) unsafe extern "C" fn came_up(
    _device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    context: *mut c_void,
) -> NTSTATUS {
    // SAFETY: IRQL in a completion routine is DISPATCH_LEVEL or below.
    let irql = unsafe { AtMostDispatch::mint() };
    // SAFETY: the IRP is valid in its completion routine.
    if unsafe { stack_location::is_pending_returned(irp) } {
        // SAFETY: the event lives until it was waited for, and somebody waits.
        let came_back = unsafe { &*context.cast::<Event>() };
        came_back.set(&irql);
    }
    STATUS_MORE_PROCESSING_REQUIRED
}
