//! The functions that the kernel calls: a few lines each, which make tokens and call safe code.
//!
//! Pages: [DRIVER_DISPATCH](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-driver_dispatch),
//! [DRIVER_ADD_DEVICE](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-driver_add_device),
//! [DRIVER_UNLOAD](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-driver_unload)

// UNSAFETY: turns the kernel's pointers into owners, and promises the IRQL that its pages document.
#![expect(unsafe_code, reason = "is called by the kernel")]

use core::ptr::NonNull;

use usbclient_core::dispatch::{self, Disposition, Fdo, Irp as CoreIrp};
use wdk_sys::{
    DEVICE_OBJECT, DRIVER_OBJECT, IRP, IRP_MJ_PNP, NTSTATUS, PCUNICODE_STRING, PDRIVER_DISPATCH,
    STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
};

use super::{
    Nt,
    device::{Device, DriverObject, Pdo},
    etw,
    irp::Irp,
    irql::{AtMostDispatch, Passive},
    wmi,
};
use crate::events;

/// One major function code, in a dispatch routine that may be called at `DISPATCH_LEVEL`.
pub trait Major {
    /// Does what the IRP asks for, or sends it on.
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: CoreIrp<'d, Nt>, irql: &mut AtMostDispatch) -> Disposition<'d>;
}

/// `IRP_MJ_PNP`, which the PnP manager sends at `PASSIVE_LEVEL` in a thread that may wait.
pub trait Pnp {
    /// Does what the IRP asks for, or sends it on.
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: CoreIrp<'d, Nt>, passive: &'d mut Passive) -> Disposition<'d>;
}

/// The dispatch routine of a major function code.
#[expect(clippy::unnecessary_wraps, reason = "the dispatch table has this type")]
pub fn dispatch<M: Major>() -> PDRIVER_DISPATCH {
    Some(dispatch_major::<M>)
}

/// # Safety
///
/// Called by the I/O manager with a device object of this driver and an IRP for it.
unsafe extern "C" fn dispatch_major<M: Major>(device_object: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    // SAFETY: the I/O manager calls with valid pointers, and keeps the device object for the call.
    let Some((device, irp)) = (unsafe { take_over(device_object, irp) }) else {
        return STATUS_INVALID_DEVICE_REQUEST;
    };
    // SAFETY: dispatch routines are called at DISPATCH_LEVEL or below.
    let mut irql = unsafe { AtMostDispatch::mint() };
    dispatch::enter::<Nt>(device, irp, |fdo, irp| M::handle(fdo, irp, &mut irql)).raw()
}

/// # Safety
///
/// Called by the I/O manager with a device object of this driver and an IRP for it, at
/// `PASSIVE_LEVEL`.
unsafe extern "C" fn dispatch_pnp<P: Pnp>(device_object: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    // SAFETY: the I/O manager calls with valid pointers, and keeps the device object for the call.
    let Some((device, irp)) = (unsafe { take_over(device_object, irp) }) else {
        return STATUS_INVALID_DEVICE_REQUEST;
    };
    // SAFETY: the PnP manager sends PnP IRPs at PASSIVE_LEVEL, in the context of a system thread.
    let passive = unsafe { Passive::mint() };
    dispatch::enter_passive::<Nt>(device, irp, passive, |fdo, irp, passive| P::handle(fdo, irp, passive))
        .raw()
}

/// # Safety
///
/// The I/O manager hands over the IRP to the device object, which is this driver's.
unsafe fn take_over(device_object: *mut DEVICE_OBJECT, irp: *mut IRP) -> Option<(Device, Irp)> {
    // SAFETY: the device object is this driver's, made by AddDevice with its extension.
    let device = unsafe { Device::of(device_object) }?;
    // SAFETY: the caller's obligation.
    let irp = NonNull::new(irp).map(|irp| unsafe { Irp::from_raw(irp) })?;
    Some((device, irp))
}

/// What `DriverEntry` fills in.
pub struct Table<'a> {
    /// Every major function code that has no routine of its own.
    pub default: PDRIVER_DISPATCH,
    /// The others.
    pub majors: &'a [(u32, PDRIVER_DISPATCH)],
}

/// `AddDevice` in safe code.
pub trait AddDevice {
    /// Makes the device of `pdo`; answers an NTSTATUS.
    fn add_device(driver: DriverObject, pdo: Pdo, passive: &mut Passive) -> NTSTATUS;
}

impl DriverObject {
    /// Fills the driver object's routines, as `DriverEntry` must before it succeeds.
    pub fn fill<A: AddDevice, P: Pnp>(
        driver: &mut DRIVER_OBJECT,
        registry_path: PCUNICODE_STRING,
        table: &Table<'_>,
    ) -> NTSTATUS {
        // SAFETY: the I/O manager gives every driver object an extension.
        let Some(extension) = (unsafe { driver.DriverExtension.as_mut() }) else {
            return STATUS_INVALID_PARAMETER;
        };
        extension.AddDevice = Some(add_device::<A>);
        driver.DriverUnload = Some(driver_unload);
        for routine in &mut driver.MajorFunction {
            *routine = table.default;
        }
        for &(major, routine) in table.majors {
            if let Some(slot) = driver.MajorFunction.get_mut(major as usize) {
                *slot = routine;
            }
        }
        if let Some(slot) = driver.MajorFunction.get_mut(IRP_MJ_PNP as usize) {
            *slot = Some(dispatch_pnp::<P>);
        }
        // SAFETY: DriverEntry is called at PASSIVE_LEVEL, in the context of a system thread.
        let passive = unsafe { Passive::mint() };
        wmi::keep_registry_path(registry_path, &passive);
        etw::register(&passive);
        events::driver_loaded();
        STATUS_SUCCESS
    }
}

/// # Safety
///
/// Called by the PnP manager with this driver's object and a PDO.
unsafe extern "C" fn add_device<A: AddDevice>(
    driver: *mut DRIVER_OBJECT,
    pdo: *mut DEVICE_OBJECT,
) -> NTSTATUS {
    let (Some(driver), Some(pdo)) = (NonNull::new(driver), NonNull::new(pdo)) else {
        return STATUS_INVALID_PARAMETER;
    };
    // SAFETY: AddDevice is called at PASSIVE_LEVEL, in the context of a system thread.
    let mut passive = unsafe { Passive::mint() };
    A::add_device(DriverObject(driver), Pdo(pdo), &mut passive)
}

/// Every device is gone; what belongs to the driver as a whole goes too. Without this routine the driver
/// could not be unloaded.
///
/// # Safety
///
/// Called by the I/O manager, last.
unsafe extern "C" fn driver_unload(_driver: *mut DRIVER_OBJECT) {
    events::driver_unloaded();
    // SAFETY: DriverUnload is called at PASSIVE_LEVEL, in the context of a system thread.
    etw::unregister(&unsafe { Passive::mint() });
}
