//! Device objects: made, attached, detached and deleted; and the extension behind the device object.
//!
//! Pages: [IoCreateDevice](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocreatedevice),
//! [IoAttachDeviceToDeviceStack](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioattachdevicetodevicestack),
//! [IoDetachDevice](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iodetachdevice),
//! [IoDeleteDevice](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iodeletedevice)

// UNSAFETY: device objects are the kernel's, and the extension is raw memory behind one.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{
    ffi::c_void,
    mem::offset_of,
    ops::Deref,
    pin::Pin,
    ptr::{self, NonNull},
};

use usbclient_core::add_device::{AddDeviceCalls, Unwinding};
use usbclient_protocol::status::{NtStatus, STATUS_NO_SUCH_DEVICE, STATUS_UNSUCCESSFUL, Status};
use usbclient_registration::usbd::{ClosePermit, CreateRequest};
use wdk_sys::{
    DEVICE_OBJECT, DO_BUFFERED_IO, DO_DEVICE_INITIALIZING, DO_DIRECT_IO, DO_POWER_PAGABLE, DRIVER_OBJECT,
    FILE_DEVICE_SECURE_OPEN, FILE_DEVICE_UNKNOWN, KDPC,
    ntddk::{IoAttachDeviceToDeviceStack, IoCreateDevice, IoDeleteDevice, IoDetachDevice},
};

use super::{
    Nt, idle,
    interface::DeviceInterface,
    irp::Tag,
    irql::{AtMostDispatch, Passive},
    narrow, pnp,
    usbd::{POOL_TAG, UsbdRegistration},
};
use crate::{events, extension::Extension, holding};

const _: () = {
    assert!(size_of::<DEVICE_OBJECT>() == 336);
    assert!(offset_of!(DEVICE_OBJECT, Flags) == 48);
    assert!(offset_of!(DEVICE_OBJECT, DeviceExtension) == 64);
    assert!(offset_of!(DEVICE_OBJECT, StackSize) == 76);
    // IoCreateDevice puts the extension behind the device object, aligned as pool is.
    assert!(align_of::<Extension>() <= 16);
};

/// The driver object that `DriverEntry` and `AddDevice` are given.
#[derive(Clone, Copy)]
pub struct DriverObject(pub(super) NonNull<DRIVER_OBJECT>);

/// The physical device object that `AddDevice` is given.
#[derive(Clone, Copy)]
pub struct Pdo(pub(super) NonNull<DEVICE_OBJECT>);

/// This driver's own device object while `AddDevice` makes it.
pub struct Fdo(NonNull<DEVICE_OBJECT>);

/// The device object that `IoAttachDeviceToDeviceStack` answered, while `AddDevice` runs.
pub struct Lower(NonNull<DEVICE_OBJECT>);

impl Pdo {
    pub(super) const fn as_ptr(self) -> *mut DEVICE_OBJECT {
        self.0.as_ptr()
    }
}

impl Fdo {
    pub(super) const fn as_ptr(&self) -> *mut DEVICE_OBJECT {
        self.0.as_ptr()
    }

    fn device(&self) -> Option<Device> {
        // SAFETY: the device object was made with room for an extension, which was written.
        unsafe { Device::of(self.0.as_ptr()) }
    }
}

impl Lower {
    pub(super) const fn as_ptr(&self) -> *mut DEVICE_OBJECT {
        self.0.as_ptr()
    }
}

/// A pointer to a device extension.
///
/// INVARIANT: it is made in dispatch routines, `AddDevice` and completion routines, and is used only
/// while something keeps the device object: the dispatch call, the remove lock, or `AddDevice` itself.
#[derive(Clone, Copy)]
pub struct Device(NonNull<Extension>);

// SAFETY: a pointer to locks, atomics and what never changes: it belongs to no thread.
unsafe impl Send for Device {}

impl Device {
    /// The extension behind a device object of this driver.
    ///
    /// # Safety
    ///
    /// The device object is of this driver, its extension is written, and something keeps it.
    pub(super) unsafe fn of(device_object: *mut DEVICE_OBJECT) -> Option<Self> {
        // SAFETY: the caller's device object is valid.
        let device_object = unsafe { device_object.as_ref() }?;
        NonNull::new(device_object.DeviceExtension.cast()).map(Self)
    }

    /// The device as the context of a routine that the kernel calls.
    pub(super) const fn as_context(self) -> *mut c_void {
        self.0.as_ptr().cast()
    }

    /// The device that a routine was given as its context.
    ///
    /// # Safety
    ///
    /// The context comes from [`Device::as_context`], and something keeps the device.
    pub(super) const unsafe fn from_context(context: *mut c_void) -> Option<Self> {
        match NonNull::new(context.cast()) {
            Some(extension) => Some(Self(extension)),
            None => None,
        }
    }
}

impl Deref for Device {
    type Target = Extension;

    fn deref(&self) -> &Extension {
        // SAFETY: the type's invariant: the extension is written, and something keeps the device.
        unsafe { self.0.as_ref() }
    }
}

impl PartialEq for Device {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// How many stack locations an IRP needs for the device.
pub(super) const fn stack_size(lower: NonNull<DEVICE_OBJECT>) -> i8 {
    // SAFETY: attached below this device, so it outlives the attachment; the field never changes.
    let field = unsafe { &raw const (*lower.as_ptr()).StackSize };
    // SAFETY: a field of a valid device object.
    unsafe { field.read() }
}

fn flags(device_object: NonNull<DEVICE_OBJECT>) -> u32 {
    // SAFETY: valid for the call; only an address is computed.
    let field = unsafe { &raw const (*device_object.as_ptr()).Flags };
    // SAFETY: a field of a valid device object.
    unsafe { field.read() }
}

fn set_flags(fdo: &Fdo, flags: u32) {
    // SAFETY: owned by AddDevice, which nobody interferes with; only an address is computed.
    let field = unsafe { &raw mut (*fdo.as_ptr()).Flags };
    // SAFETY: a field of a valid device object.
    unsafe { field.write(flags) };
}

impl AddDeviceCalls for Nt {
    type Driver = DriverObject;
    type Fdo = Fdo;
    type Handle = UsbdRegistration;
    type Lower = Lower;
    type Passive = Passive;
    type Pdo = Pdo;

    fn create_device(driver: DriverObject, _passive: &mut Passive) -> Result<Fdo, Status> {
        let mut device_object = ptr::null_mut();
        // SAFETY: the driver object is the one AddDevice was given, the device is unnamed, and the
        // token proves PASSIVE_LEVEL.
        let status = unsafe {
            IoCreateDevice(
                driver.0.as_ptr(),
                const { narrow::u32(size_of::<Extension>()) },
                ptr::null_mut(),
                FILE_DEVICE_UNKNOWN,
                FILE_DEVICE_SECURE_OPEN,
                0,
                &raw mut device_object,
            )
        };
        NtStatus::from_raw(status).check()?;
        NonNull::new(device_object).map(Fdo).ok_or(STATUS_UNSUCCESSFUL)
    }

    fn init_extension(fdo: &mut Fdo, pdo: Pdo, passive: &mut Passive) -> Result<(), Status> {
        let is_function = pnp::is_function(pdo, passive);
        // SAFETY: the device object was just made.
        let extension = unsafe { (*fdo.as_ptr()).DeviceExtension }.cast::<Extension>();
        // SAFETY: raw memory of the right size and alignment, which nobody else knows yet.
        unsafe { extension.write(Extension::new(fdo.0, pdo.0)) };
        // SAFETY: just written, not shared yet.
        let extension = unsafe { &mut *extension };
        // SAFETY: the extension is in the device object's own memory and never moves.
        unsafe { Pin::new_unchecked(&mut extension.remove_lock) }.initialise(passive);
        // SAFETY: as above.
        unsafe { Pin::new_unchecked(&mut extension.no_users) }.initialise();
        // SAFETY: as above.
        unsafe { Pin::new_unchecked(&mut extension.quiet) }.initialise();
        // SAFETY: as above.
        unsafe { Pin::new_unchecked(&mut extension.stream_over) }.initialise();
        extension.gate.lock(passive).is_function = is_function;
        let device = fdo.device().ok_or(STATUS_NO_SUCH_DEVICE)?;
        // SAFETY: as above.
        let timer = unsafe { Pin::new_unchecked(&mut extension.idle_timer) };
        // SAFETY: the routine expects the device, and removal takes the timer back before the device goes.
        unsafe { timer.initialise(Some(idle::timer_expired), device.as_context()) };
        // SAFETY: as above.
        let held_timer = unsafe { Pin::new_unchecked(&mut extension.held_timer) };
        // SAFETY: the routine expects this device object, which outlives the timer.
        unsafe { held_timer.initialise(Some(held_timed_out), fdo.as_ptr().cast()) };
        extension.recovery.allocate(fdo.0)?;
        extension.mover.allocate(fdo.0)?;
        extension.policy.allocate(fdo.0)
    }

    fn attach(fdo: &mut Fdo, pdo: Pdo, _passive: &mut Passive) -> Option<Lower> {
        // SAFETY: both device objects are valid. IRPs may come from here on; the extension is whole.
        let lower = unsafe { IoAttachDeviceToDeviceStack(fdo.as_ptr(), pdo.as_ptr()) };
        let lower = NonNull::new(lower)?;
        if let Some(device) = fdo.device() {
            device.set_lower(lower);
        }
        Some(Lower(lower))
    }

    fn copy_flags(fdo: &mut Fdo, lower: &Lower) {
        let copied = flags(lower.0) & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
        set_flags(fdo, flags(fdo.0) | copied);
    }

    fn create_handle(fdo: &Fdo, lower: &Lower, passive: &mut Passive) -> Result<UsbdRegistration, Status> {
        UsbdRegistration::open(CreateRequest { device: fdo, target: lower, tag: POOL_TAG, passive })
    }

    fn register_interface(fdo: &mut Fdo, pdo: Pdo, passive: &mut Passive) -> Result<(), Status> {
        let interface = DeviceInterface::register(pdo, passive)?;
        let device = fdo.device().ok_or(STATUS_NO_SUCH_DEVICE)?;
        device.set_interface(interface, passive);
        Ok(())
    }

    fn finish(fdo: Fdo, _lower: Lower, handle: UsbdRegistration, passive: &mut Passive) {
        if let Some(device) = fdo.device() {
            device.set_handle(handle, passive);
            events::device_added(device);
        }
        set_flags(&fdo, flags(fdo.0) & !DO_DEVICE_INITIALIZING);
    }

    fn close_handle(handle: UsbdRegistration, proof: Unwinding, passive: &mut Passive) {
        let Ok(()) = handle.close(ClosePermit::Unwinding { proof, passive });
    }

    fn detach(lower: Lower, passive: &mut Passive) {
        detach(lower.0, passive);
    }

    fn delete_device(fdo: Fdo, passive: &mut Passive) {
        if let Some(device) = fdo.device() {
            drop_and_delete(device, passive);
        }
    }
}

/// The DPC of the timer for requests that wait.
///
/// # Safety
///
/// Called by the kernel with the device object that the timer was initialised with, which removal keeps
/// until the timer was cancelled and every DPC has run.
unsafe extern "C" fn held_timed_out(
    _dpc: *mut KDPC,
    context: *mut c_void,
    _argument_1: *mut c_void,
    _argument_2: *mut c_void,
) {
    // SAFETY: IRQL in a DPC is DISPATCH_LEVEL.
    let mut irql = unsafe { AtMostDispatch::mint() };
    // SAFETY: the caller's obligation.
    if let Some(device) = unsafe { Device::of(context.cast()) } {
        holding::give_up_late(device, &mut irql);
    }
}

/// `IoReleaseRemoveLockAndWait`: the REMOVE IRP's hold ends, and so does everybody else's.
pub fn release_remove_lock_and_wait(device: Device, tag: Tag, passive: &Passive) {
    // SAFETY: core calls this once in the device's life, for the REMOVE IRP, after forwarding it.
    unsafe { device.remove_lock.release_and_wait(tag.as_ptr(), passive) };
}

/// `IoDetachDevice`. The argument is the device *below*.
pub fn detach(lower: NonNull<DEVICE_OBJECT>, _passive: &Passive) {
    // SAFETY: this device is attached to it, and is detached once: in AddDevice's unwinding, or last
    // in removal. The token proves PASSIVE_LEVEL.
    unsafe { IoDetachDevice(lower.as_ptr()) };
}

/// Drops the extension, which frees the interface's string, and deletes the device object.
pub fn drop_and_delete(device: Device, _passive: &Passive) {
    let fdo = device.fdo();
    // SAFETY: the last use of the extension: nobody holds the remove lock, or nobody ever knew it.
    unsafe { device.0.as_ptr().drop_in_place() };
    // SAFETY: detached, and deleted once. The token proves PASSIVE_LEVEL.
    unsafe { IoDeleteDevice(fdo.as_ptr()) };
}
