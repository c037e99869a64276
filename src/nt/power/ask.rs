//! Power IRPs that this driver asks for, and their callbacks.
//!
//! Pages: [PoRequestPowerIrp](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-porequestpowerirp),
//! [REQUEST_POWER_COMPLETE](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-request_power_complete)

// UNSAFETY: a callback gets back the pointer that was given with the request.
#![expect(unsafe_code, reason = "callbacks get pointers")]

use core::{
    ffi::c_void,
    mem::offset_of,
    pin::pin,
    ptr::{self, NonNull},
    sync::atomic::{AtomicI32, Ordering},
};

use usbclient_core::{
    dispatch::{IrpCalls as _, Pended},
    power::{
        self, DeviceState, SystemState,
        irp::{Ask, PowerIrp},
    },
};
use usbclient_protocol::status::{NtStatus, STATUS_DELETE_PENDING, Status};
use wdk_sys::{
    DEVICE_OBJECT, IO_STATUS_BLOCK, IRP, NTSTATUS, POWER_STATE, PREQUEST_POWER_COMPLETE, STATUS_SUCCESS,
    SYSTEM_POWER_STATE, ntddk::PoRequestPowerIrp,
};

use super::{
    super::{
        Nt,
        device::Device,
        event::Event,
        irp::Irp,
        irql::{AtMostDispatch, Passive},
    },
    QUERY, SET, WAIT_WAKE, device_power_state,
};
use crate::power::{self as edge, wake};

/// `PoRequestPowerIrp` for this device's stack.
///
/// # Safety
///
/// `routine` expects `context`, and both live until it was called.
unsafe fn request(
    device: Device,
    minor: u8,
    state: POWER_STATE,
    routine: PREQUEST_POWER_COMPLETE,
    context: *mut c_void,
) -> Result<(), Status> {
    // The IRP may be gone before the routine returns, so its address is not asked for. That of a wait/wake IRP is taken
    // in the dispatch routine.
    // SAFETY: the physical device object is below this one; minor and state are documented ones.
    let status =
        unsafe { PoRequestPowerIrp(device.pdo().as_ptr(), minor, state, routine, context, ptr::null_mut()) };
    NtStatus::from_raw(status).check().map(drop)
}

/// A device IRP for a system IRP, which is its context. Its callback completes the system IRP.
///
/// # Errors
///
/// Gives the system IRP back, and says why: there is no memory.
pub fn ask_device(system: Pended<Nt>, ask: Ask, state: DeviceState) -> Result<(), (Pended<Nt>, Status)> {
    let (irp, device, tag) = system.into_parts();
    let (minor, routine): (u8, PREQUEST_POWER_COMPLETE) = match ask {
        Ask::Query => (QUERY, Some(query_answered)),
        Ask::Set => (SET, Some(device_answered)),
    };
    // SAFETY: the routine expects the system IRP, which this driver keeps until the routine is called.
    let asked = unsafe { request(device, minor, device_power_state(state), routine, irp.as_ptr().cast()) };
    match asked {
        Ok(()) => Ok(()),
        Err(status) => Err((Pended::from_parts(irp, device, tag), status)),
    }
}

/// The system IRP that a callback has as its context.
///
/// # Safety
///
/// The context is the IRP that [`ask_device`] gave.
unsafe fn system_irp(context: *mut c_void) -> Option<Pended<Nt>> {
    // SAFETY: the IRP was kept for this callback, at this driver's location.
    let irp = unsafe { Irp::from_raw(NonNull::new(context.cast::<IRP>())?) };
    let tag = Nt::tag(&irp);
    // SAFETY: the location's device object is this driver's, kept by the remove lock that the IRP holds.
    let device = unsafe { Device::of(irp.location().DeviceObject) }?;
    Some(Pended::from_parts(irp, device, tag))
}

/// The status of an IRP that is over.
///
/// # Safety
///
/// In a `PowerCompletion` callback, with its last argument.
const unsafe fn answer(status: *mut IO_STATUS_BLOCK) -> NtStatus {
    // SAFETY: the power manager's block is valid during the callback; the status is its first member.
    NtStatus::from_raw(unsafe { status.cast::<NTSTATUS>().read() })
}

/// # Safety
///
/// Called by the power manager with what [`ask_device`] gave.
unsafe extern "C" fn device_answered(
    _device: *mut DEVICE_OBJECT,
    _minor: u8,
    _state: POWER_STATE,
    context: *mut c_void,
    _status: *mut IO_STATUS_BLOCK,
) {
    // SAFETY: the caller's obligation.
    if let Some(system) = unsafe { system_irp(context) } {
        power::device_answered::<Nt>(PowerIrp::answered(system));
    }
}

/// # Safety
///
/// Called by the power manager with what [`ask_device`] gave.
unsafe extern "C" fn query_answered(
    _device: *mut DEVICE_OBJECT,
    _minor: u8,
    _state: POWER_STATE,
    context: *mut c_void,
    status: *mut IO_STATUS_BLOCK,
) {
    // SAFETY: the caller's obligation.
    let status = unsafe { answer(status) };
    // SAFETY: the caller's obligation.
    if let Some(system) = unsafe { system_irp(context) } {
        power::query_answered::<Nt>(PowerIrp::answered(system), status);
    }
}

/// A device IRP for D0 that nobody waits for. The remove lock is held until its callback has run.
///
/// Who holds what while a power IRP is under way, so that the device is not freed under it:
/// - one that this driver passes down holds the remove lock from its dispatch routine until `IoCallDriver` has returned, or
///   until its completion routine is about to return. Its callback belongs to whoever asked for it.
/// - a device IRP that a system IRP waits for: the system IRP holds the lock, and the callback completes it.
/// - D0 and wait/wake: `power_tag` and `wake_tag`, from before `PoRequestPowerIrp` to the end of the callback.
/// - an IRP that is waited for: whoever waits keeps the device, and the callback touches only what the waiter has.
///
/// Releasing the lock is the last that a callback does; between that and its return it touches nothing of the device.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`, or `STATUS_DELETE_PENDING`: the device is being removed.
pub fn ask_d0(device: Device, _irql: &AtMostDispatch) -> Result<(), Status> {
    if !device.remove_lock.acquire(device.power_tag()) {
        return Err(STATUS_DELETE_PENDING);
    }
    let state = device_power_state(DeviceState::D0);
    // SAFETY: the routine expects the device, which the remove lock keeps until then.
    unsafe { request(device, SET, state, Some(came_up), device.as_context()) }.inspect_err(|_status| {
        // SAFETY: acquired above with this tag.
        unsafe { device.remove_lock.release(device.power_tag()) };
    })
}

/// # Safety
///
/// Called by the power manager with what [`ask_d0`] gave.
unsafe extern "C" fn came_up(
    _device: *mut DEVICE_OBJECT,
    _minor: u8,
    _state: POWER_STATE,
    context: *mut c_void,
    _status: *mut IO_STATUS_BLOCK,
) {
    // SAFETY: `ask_d0` gave the device, which the remove lock keeps.
    let Some(device) = (unsafe { Device::from_context(context) }) else { return };
    // SAFETY: a callback runs at DISPATCH_LEVEL or below.
    edge::d0_answered(device, &mut unsafe { AtMostDispatch::mint() });
    // SAFETY: acquired by `ask_d0` with this tag.
    unsafe { device.remove_lock.release(device.power_tag()) };
}

/// A device IRP that is waited for: who waits, and what it hears.
struct Waiting {
    event: Event,
    status: AtomicI32,
}

/// Asks for a device state and waits until the stack has it. The caller keeps the device.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no IRP. Otherwise how the IRP ended.
pub fn ask_and_wait(device: Device, state: DeviceState, passive: &Passive) -> Result<(), Status> {
    let mut waiting = pin!(Waiting { event: Event::uninit(), status: AtomicI32::new(STATUS_SUCCESS) });
    // SAFETY: the event is pinned with what it lies in, and never moved out of it.
    unsafe { waiting.as_mut().map_unchecked_mut(|waiting| &mut waiting.event) }.initialise();
    let context = ptr::from_ref::<Waiting>(&waiting).cast_mut().cast();
    // SAFETY: the routine expects the local, which lives until the wait is over.
    unsafe { request(device, SET, device_power_state(state), Some(reached), context) }?;
    waiting.event.wait(passive);
    NtStatus::from_raw(waiting.status.load(Ordering::Acquire)).check().map(drop)
}

/// # Safety
///
/// Called by the power manager with what [`ask_and_wait`] gave.
unsafe extern "C" fn reached(
    _device: *mut DEVICE_OBJECT,
    _minor: u8,
    _state: POWER_STATE,
    context: *mut c_void,
    status: *mut IO_STATUS_BLOCK,
) {
    // SAFETY: the waiter's local lives until it is woken.
    let Some(waiting) = (unsafe { context.cast::<Waiting>().as_ref() }) else { return };
    // SAFETY: the caller's obligation.
    waiting.status.store(unsafe { answer(status) }.raw(), Ordering::Release);
    // SAFETY: a callback runs at DISPATCH_LEVEL or below.
    waiting.event.set(&unsafe { AtMostDispatch::mint() });
}

/// `PoRequestPowerIrp` for wait/wake, at `PASSIVE_LEVEL`. `deepest`: the deepest system state to wake from. The remove
/// lock is held until its callback has run.
///
/// # Errors
///
/// As [`ask_d0`].
pub fn ask_wake(device: Device, deepest: SystemState, _passive: &Passive) -> Result<(), Status> {
    if !device.remove_lock.acquire(device.wake_tag()) {
        return Err(STATUS_DELETE_PENDING);
    }
    let state = POWER_STATE { SystemState: SYSTEM_POWER_STATE::from(deepest.raw()) };
    // SAFETY: the routine expects the device, which the remove lock keeps until then.
    unsafe { request(device, WAIT_WAKE, state, Some(woken), device.as_context()) }.inspect_err(|_status| {
        // SAFETY: acquired above with this tag.
        unsafe { device.remove_lock.release(device.wake_tag()) };
    })
}

/// # Safety
///
/// Called by the power manager with what [`ask_wake`] gave.
unsafe extern "C" fn woken(
    _device: *mut DEVICE_OBJECT,
    _minor: u8,
    _state: POWER_STATE,
    context: *mut c_void,
    status: *mut IO_STATUS_BLOCK,
) {
    // SAFETY: `ask_wake` gave the device, which the remove lock keeps.
    let Some(device) = (unsafe { Device::from_context(context) }) else { return };
    // SAFETY: the caller's obligation.
    let status = unsafe { answer(status) };
    // SAFETY: a callback runs at DISPATCH_LEVEL or below.
    wake::over(device, status, &mut unsafe { AtMostDispatch::mint() });
    // SAFETY: acquired by `ask_wake` with this tag.
    unsafe { device.remove_lock.release(device.wake_tag()) };
}

const _: () = assert!(offset_of!(IO_STATUS_BLOCK, __bindgen_anon_1) == 0);
