//! The driver's own routines, told when they are called.
//!
//! The driver object is not known before `AddDevice` calls `IoCreateDevice`. From then on its routines are these, which
//! call the driver's. The first call of `AddDevice` is told late, and its return is not.

use core::{
    mem,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use wdk_sys::{
    DEVICE_OBJECT, DRIVER_OBJECT, IRP, IRP_MJ_DEVICE_CONTROL, IRP_MJ_INTERNAL_DEVICE_CONTROL, NTSTATUS,
    STATUS_INVALID_DEVICE_REQUEST,
};

use crate::{irp, tell::tell};

const MAJORS: usize = 28;

type Dispatch = unsafe extern "C" fn(*mut DEVICE_OBJECT, *mut IRP) -> NTSTATUS;
type AddDevice = unsafe extern "C" fn(*mut DRIVER_OBJECT, *mut DEVICE_OBJECT) -> NTSTATUS;
type Unload = unsafe extern "C" fn(*mut DRIVER_OBJECT);

static KNOWN: AtomicBool = AtomicBool::new(false);
static DISPATCH: [AtomicUsize; MAJORS] = [const { AtomicUsize::new(0) }; MAJORS];
static ADD_DEVICE: AtomicUsize = AtomicUsize::new(0);
static UNLOAD: AtomicUsize = AtomicUsize::new(0);
static IMAGE: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Whether an address lies in the driver's image, as far as the driver object tells.
pub fn contains(address: usize) -> bool {
    let [start, end] = IMAGE.each_ref().map(|bound| bound.load(Ordering::Acquire));
    (start..end).contains(&address)
}

/// The driver has made a device object: the first time its routines are replaced.
pub fn created(driver: usize) {
    if KNOWN.swap(true, Ordering::AcqRel) {
        return;
    }
    tell!("~d add");
    // SAFETY: it is the first argument of IoCreateDevice, which is the driver object.
    let driver = unsafe { &mut *(driver as *mut DRIVER_OBJECT) };
    let (start, size) = (driver.DriverStart as usize, driver.DriverSize as usize);
    for (bound, address) in IMAGE.iter().zip([start, start.wrapping_add(size)]) {
        bound.store(address, Ordering::Release);
    }
    for (routine, place) in driver.MajorFunction.iter_mut().zip(&DISPATCH) {
        if let Some(theirs) = routine.replace(dispatch) {
            place.store(theirs as usize, Ordering::Release);
        }
    }
    // SAFETY: the I/O manager made the extension with the driver object.
    let extension = unsafe { &mut *driver.DriverExtension };
    if let Some(theirs) = extension.AddDevice.replace(add_device) {
        ADD_DEVICE.store(theirs as usize, Ordering::Release);
    }
    if let Some(theirs) = driver.DriverUnload.replace(unload) {
        UNLOAD.store(theirs as usize, Ordering::Release);
    }
}

unsafe extern "C" fn dispatch(device: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    // SAFETY: the I/O manager calls with an IRP that has a current stack location.
    let stack = unsafe { irp::current(irp) };
    // SAFETY: as above.
    let stack = unsafe { &*stack };
    let (major, minor) = (stack.MajorFunction, stack.MinorFunction);
    let has_code = [IRP_MJ_DEVICE_CONTROL, IRP_MJ_INTERNAL_DEVICE_CONTROL].contains(&u32::from(major));
    // SAFETY: the union has this member for these two, and is as long for all.
    let code = if has_code { unsafe { stack.Parameters.DeviceIoControl.IoControlCode } } else { 0 };
    tell!("~d {major:x} {minor:x} {:x} {:x} {code:x}", device as usize, irp as usize);
    let theirs = DISPATCH.get(usize::from(major)).map_or(0, |place| place.load(Ordering::Acquire));
    let status = if theirs == 0 {
        STATUS_INVALID_DEVICE_REQUEST
    } else {
        // SAFETY: it was a dispatch routine.
        let theirs = unsafe { mem::transmute::<usize, Dispatch>(theirs) };
        // SAFETY: the arguments are those of this call.
        unsafe { theirs(device, irp) }
    };
    tell!("~e {major:x} {minor:x} {status:x} {:x}", irp as usize);
    status
}

unsafe extern "C" fn add_device(driver: *mut DRIVER_OBJECT, pdo: *mut DEVICE_OBJECT) -> NTSTATUS {
    tell!("~d add");
    // SAFETY: it was the driver's AddDevice, without which this routine is not there.
    let theirs = unsafe { mem::transmute::<usize, AddDevice>(ADD_DEVICE.load(Ordering::Acquire)) };
    // SAFETY: the arguments are those of this call.
    let status = unsafe { theirs(driver, pdo) };
    tell!("~e add {status:x}");
    status
}

unsafe extern "C" fn unload(driver: *mut DRIVER_OBJECT) {
    tell!("~d unload");
    // SAFETY: it was the driver's DriverUnload, without which this routine is not there.
    let theirs = unsafe { mem::transmute::<usize, Unload>(UNLOAD.load(Ordering::Acquire)) };
    // SAFETY: the argument is that of this call.
    unsafe { theirs(driver) };
    tell!("~e unload");
}
