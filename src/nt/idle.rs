//! `IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION`: its IRP, its callback, its completion routine.
//!
//! Page: [IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbioctl/ni-usbioctl-ioctl_internal_usb_submit_idle_notification)

// UNSAFETY: works on an IRP of this driver's own, and is called by the USB driver stack.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use alloc::boxed::Box;
use core::{
    ffi::c_void,
    ptr::{self, NonNull},
};

use usbclient_core::power::policy::IdleEnd;
use usbclient_protocol::status::{NtStatus, STATUS_NO_SUCH_DEVICE, Status};
use wdk_sys::{
    DEVICE_OBJECT, IRP, IRP_MJ_INTERNAL_DEVICE_CONTROL, KDPC, NTSTATUS, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_MORE_PROCESSING_REQUIRED, STATUS_NOT_SUPPORTED, STATUS_POWER_STATE_INVALID,
    USB_IDLE_CALLBACK_INFO,
    ntddk::{IoCancelIrp, IoReuseIrp, IofCallDriver},
};

use super::{
    device::Device,
    irql::{AtMostDispatch, Passive},
    narrow,
    own_irp::OwnIrp,
    pool::try_box,
    stack_location,
};
use crate::power::{idle, timer};

/// `IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION`, which is a macro: `CTL_CODE(FILE_DEVICE_USB, 9, METHOD_NEITHER, 0)`.
const SUBMIT_IDLE_NOTIFICATION: u32 = 0x0022_0027;

/// The notification's IRP and what it brings to the hub. Allocated once, freed with the device.
pub struct IdleRequest {
    irp: OwnIrp,
    info: Box<CallbackInfo>,
}

/// What the hub calls back, and with what.
#[repr(transparent)]
struct CallbackInfo(USB_IDLE_CALLBACK_INFO);

// SAFETY: its pointers are a routine and the device, which belong to no thread.
unsafe impl Send for CallbackInfo {}

impl IdleRequest {
    /// Allocates it.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`
    pub fn allocate(device: Device) -> Result<Self, Status> {
        let lower = device.lower().ok_or(STATUS_NO_SUCH_DEVICE)?;
        let info = USB_IDLE_CALLBACK_INFO { IdleCallback: Some(called), IdleContext: device.as_context() };
        Ok(Self { irp: OwnIrp::allocate(lower)?, info: try_box(CallbackInfo(info))? })
    }

    /// The IRP, which lives as long as the device.
    pub const fn irp(&self) -> IdleIrp {
        IdleIrp { irp: self.irp.as_non_null(), info: (&raw const self.info.0).cast_mut() }
    }
}

/// The notification's IRP. Who may use it, core's [`Outstanding`](usbclient_core::power::Outstanding) says.
#[derive(Clone, Copy)]
pub struct IdleIrp {
    irp: NonNull<IRP>,
    info: *mut USB_IDLE_CALLBACK_INFO,
}

impl IdleIrp {
    /// Sends it. The callback may run within.
    pub fn send(self, device: Device, _passive: &Passive) {
        let Some(lower) = device.lower() else { return };
        let irp = self.irp.as_ptr();
        // SAFETY: from IoAllocateIrp, and not in use: it is this submission's.
        unsafe { IoReuseIrp(irp, STATUS_NOT_SUPPORTED) };
        // SAFETY: it has the locations that the device below needs; the remove lock keeps the device.
        unsafe { stack_location::set_completion_routine(irp, Some(came_back), device.as_context()) };
        // SAFETY: as above.
        let next = unsafe { stack_location::next(irp) };
        // SAFETY: a location of this submission's IRP, which nobody else uses now.
        let next = unsafe { &mut *next };
        next.MajorFunction = const { narrow::u8(IRP_MJ_INTERNAL_DEVICE_CONTROL) };
        next.MinorFunction = 0;
        next.Flags = 0;
        next.Parameters.Others.Argument1 = ptr::null_mut();
        next.Parameters.Others.Argument2 = ptr::null_mut();
        next.Parameters.Others.Argument4 = ptr::null_mut();
        next.Parameters.DeviceIoControl.IoControlCode = SUBMIT_IDLE_NOTIFICATION;
        next.Parameters.DeviceIoControl.InputBufferLength =
            const { narrow::u32(size_of::<USB_IDLE_CALLBACK_INFO>()) };
        next.Parameters.DeviceIoControl.Type3InputBuffer = self.info.cast();
        // SAFETY: prepared for the device below, which the remove lock keeps. No lock is held.
        let _status = unsafe { IofCallDriver(lower.as_ptr(), irp) };
    }

    /// `IoCancelIrp`, outside any lock.
    pub fn cancel(self, _irql: &AtMostDispatch) {
        // SAFETY: the IRP lives as long as the device, and its completion routine leaves it to the canceller.
        let _taken = unsafe { IoCancelIrp(self.irp.as_ptr()) };
    }

    /// How it ended. It has come back.
    pub const fn status(self) -> NtStatus {
        // SAFETY: the IRP lives as long as the device, and is this driver's again.
        NtStatus::from_raw(unsafe { stack_location::status(self.irp.as_ptr()) })
    }
}

/// What a status says about the end of a notification: the page's table.
pub const fn end(status: NtStatus) -> IdleEnd {
    match status.raw() {
        STATUS_POWER_STATE_INVALID => IdleEnd::PowerStateInvalid,
        STATUS_NOT_SUPPORTED | STATUS_INVALID_DEVICE_REQUEST => IdleEnd::NotSupported,
        _ => IdleEnd::Over,
    }
}

/// Takes the remove lock for a notification. False: the device is being removed.
pub fn hold_device(device: Device) -> bool {
    device.remove_lock.acquire(device.idle_tag())
}

/// Gives back what [`hold_device`] took, when the notification is over.
pub fn let_device_go(device: Device) {
    // SAFETY: acquired by `hold_device`, once for each notification, each of which ends once.
    unsafe { device.remove_lock.release(device.idle_tag()) };
}

/// The routine of the idle timer.
///
/// # Safety
///
/// Called by the kernel with the device, which removal waits for.
pub(super) unsafe extern "C" fn timer_expired(
    _dpc: *mut KDPC,
    context: *mut c_void,
    _argument1: *mut c_void,
    _argument2: *mut c_void,
) {
    // SAFETY: removal takes the timer back, and waits for queued DPCs, before the device goes.
    let Some(device) = (unsafe { Device::from_context(context) }) else { return };
    // SAFETY: a DPC runs at DISPATCH_LEVEL.
    timer::expired(device, &mut unsafe { AtMostDispatch::mint() });
}

/// # Safety
///
/// Called by the hub with what [`IdleRequest::allocate`] gave.
unsafe extern "C" fn called(context: *mut c_void) {
    // SAFETY: the notification holds the remove lock, which keeps the device.
    let Some(device) = (unsafe { Device::from_context(context) }) else { return };
    // SAFETY: the page says that the callback runs at PASSIVE_LEVEL, and that it waits.
    idle::called(device, &mut unsafe { Passive::mint() });
}

/// # Safety
///
/// Called by the I/O manager with what [`IdleIrp::send`] gave.
unsafe extern "C" fn came_back(_device: *mut DEVICE_OBJECT, irp: *mut IRP, context: *mut c_void) -> NTSTATUS {
    // SAFETY: the notification holds the remove lock, which keeps the device.
    if let Some(device) = unsafe { Device::from_context(context) } {
        // SAFETY: the IRP is valid in its completion routine.
        let status = NtStatus::from_raw(unsafe { stack_location::status(irp) });
        // SAFETY: IRQL in a completion routine is DISPATCH_LEVEL or below.
        idle::came_back(device, status, &mut unsafe { AtMostDispatch::mint() });
    }
    STATUS_MORE_PROCESSING_REQUIRED
}
