//! Power IRPs: what they carry, how they go down and come back, and how one is asked for.
//!
//! Pages: [PoRequestPowerIrp](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-porequestpowerirp),
//! [REQUEST_POWER_COMPLETE](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-request_power_complete),
//! [PoSetPowerState](https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-posetpowerstate),
//! [IoInvalidateDeviceState](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioinvalidatedevicestate),
//! [SYSTEM_POWER_STATE_CONTEXT](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ns-wdm-_system_power_state_context)

// UNSAFETY: power IRPs are the kernel's, and so are the callbacks' pointers.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

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
        self, DeviceState, Request, SystemState, SystemTarget, Then,
        irp::{Ask, Back, PowerIrp},
    },
};
use usbclient_protocol::status::{NtStatus, STATUS_DELETE_PENDING, STATUS_NO_SUCH_DEVICE, Status};
use wdk_sys::{
    _POWER_STATE_TYPE::{DevicePowerState, SystemPowerState},
    DEVICE_OBJECT, DEVICE_POWER_STATE, IO_STATUS_BLOCK, IRP, IRP_MN_QUERY_POWER, IRP_MN_SET_POWER,
    IRP_MN_WAIT_WAKE, NTSTATUS, POWER_STATE, PREQUEST_POWER_COMPLETE, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_SUCCESS, SYSTEM_POWER_STATE,
    ntddk::{IoCancelIrp, IoInvalidateDeviceState, IofCallDriver, PoRequestPowerIrp, PoSetPowerState},
};

use super::{
    Nt,
    device::Device,
    event::Event,
    irp::Irp,
    irql::{AtMostDispatch, Passive},
    narrow, stack_location,
};
use crate::{
    events::{self, Failed},
    power::{self as edge, wake},
};

const SET: u8 = narrow::u8(IRP_MN_SET_POWER);
const QUERY: u8 = narrow::u8(IRP_MN_QUERY_POWER);
const WAIT_WAKE: u8 = narrow::u8(IRP_MN_WAIT_WAKE);

impl Irp {
    /// What a power IRP asks for.
    pub fn power_request(&self) -> Request {
        let minor = self.minor();
        if minor == WAIT_WAKE {
            return Request::WaitWake;
        }
        if minor != SET && minor != QUERY {
            return Request::Other;
        }
        // SAFETY: the minor function says that this member of the union is written.
        let power = unsafe { &self.location().Parameters.Power };
        // SAFETY: whichever member is meant, both are numbers of the same size.
        let system = unsafe { power.State.SystemState };
        // SAFETY: as above.
        let device = unsafe { power.State.DeviceState };
        if power.Type == SystemPowerState {
            // SAFETY: the union is one number, or bit fields of it.
            let context = unsafe { power.__bindgen_anon_1.SystemContext };
            let Some(target) = system_target(system, context) else { return Request::Other };
            return if minor == SET { Request::SystemSet(target) } else { Request::SystemQuery(target) };
        }
        match DeviceState::from_raw(i64::from(device)) {
            Some(state) if minor == SET => Request::DeviceSet(state),
            _ => Request::Other,
        }
    }
}

/// The bits of `SYSTEM_POWER_STATE_CONTEXT`: `TargetSystemState` is 8 to 11, `EffectiveSystemState` is 12 to 15.
fn system_target(state: SYSTEM_POWER_STATE, context: u32) -> Option<SystemTarget> {
    let bits = |from: u32| SystemState::from_raw(i64::from((context >> from) & 0xF));
    let is_fast_startup = bits(8) == Some(SystemState::S4) && bits(12) == Some(SystemState::S5);
    Some(SystemTarget { state: SystemState::from_raw(i64::from(state))?, is_fast_startup })
}

/// Copies the stack location, sets the completion routine and calls the lower driver.
pub fn send(pended: Pended<Nt>, then: Then) {
    let (irp, device, tag) = pended.into_parts();
    let Some(lower) = device.lower() else {
        // AddDevice has attached, but does not know yet to what.
        Pended::<Nt>::from_parts(irp, device, tag).complete(STATUS_NO_SUCH_DEVICE.nt(), 0);
        return;
    };
    let routine = match then {
        Then::System => system_came_back,
        Then::Up => up_came_back,
        Then::Wake => wake_came_back,
    };
    // SAFETY: the token is the right to touch the IRP, and the locations reach below.
    unsafe { stack_location::copy_current_to_next(irp.as_ptr()) };
    // SAFETY: as above; the device is kept by the remove lock that the IRP holds.
    unsafe { stack_location::set_completion_routine(irp.as_ptr(), Some(routine), device.as_context()) };
    // SAFETY: attached below, so valid while the remove lock is held. The IRP is marked pending.
    let _status = unsafe { IofCallDriver(lower.as_ptr(), irp.as_ptr()) };
}

/// What a completion routine has: the device, the IRP as a pended one, its status, and the IRQL.
struct CameBack {
    device: Device,
    pended: Pended<Nt>,
    status: NtStatus,
    irql: AtMostDispatch,
}

impl CameBack {
    /// # Safety
    ///
    /// In a completion routine that [`send`] set.
    unsafe fn new(irp: *mut IRP, context: *mut c_void) -> Option<Self> {
        // SAFETY: `send` gave the device, which the remove lock keeps.
        let device = unsafe { Device::from_context(context) }?;
        // SAFETY: the I/O manager gives the IRP back, at this driver's location.
        let irp = unsafe { Irp::from_raw(NonNull::new(irp)?) };
        let (tag, status) = (Nt::tag(&irp), irp.status());
        // SAFETY: IRQL in a completion routine is DISPATCH_LEVEL or below.
        let irql = unsafe { AtMostDispatch::mint() };
        Some(Self { device, pended: Pended::from_parts(irp, device, tag), status, irql })
    }
}

const fn returned(back: Back) -> NTSTATUS {
    match back {
        Back::GoesOn => STATUS_SUCCESS,
        Back::Kept => STATUS_MORE_PROCESSING_REQUIRED,
    }
}

/// # Safety
///
/// Called by the I/O manager with what [`send`] gave.
unsafe extern "C" fn system_came_back(
    _device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    context: *mut c_void,
) -> NTSTATUS {
    // SAFETY: the caller's obligation.
    let Some(CameBack { device, mut pended, status, mut irql }) = (unsafe { CameBack::new(irp, context) })
    else {
        return STATUS_SUCCESS;
    };
    events::system_power(device, pended.raw().power_request(), status);
    returned(power::system_came_back(device, PowerIrp::came_back_system(pended), status, &mut irql))
}

/// # Safety
///
/// Called by the I/O manager with what [`send`] gave.
unsafe extern "C" fn up_came_back(
    _device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    context: *mut c_void,
) -> NTSTATUS {
    // SAFETY: the caller's obligation.
    let Some(CameBack { device, pended, status, mut irql }) = (unsafe { CameBack::new(irp, context) }) else {
        return STATUS_SUCCESS;
    };
    if !status.is_success() {
        events::device_power(device, DeviceState::D0, status);
        events::power_failed(device, Failed::ReachD0, status);
    }
    returned(power::device_up_came_back(device, PowerIrp::came_back_up(pended), status, &mut irql))
}

/// # Safety
///
/// Called by the I/O manager with what [`send`] gave.
unsafe extern "C" fn wake_came_back(
    _device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    context: *mut c_void,
) -> NTSTATUS {
    // SAFETY: the caller's obligation.
    let Some(CameBack { device, pended, mut irql, .. }) = (unsafe { CameBack::new(irp, context) }) else {
        return STATUS_SUCCESS;
    };
    if !wake::came_back(device, &mut irql) {
        // Who cancels it just now completes it.
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    let (_irp, device, tag) = pended.into_parts();
    Nt::release_remove_lock(device, tag);
    STATUS_SUCCESS
}

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

const fn device_power_state(state: DeviceState) -> POWER_STATE {
    POWER_STATE { DeviceState: state.raw() as DEVICE_POWER_STATE }
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

/// The address of an IRP that this driver may cancel. It is valid while [`power::Outstanding`] says so.
#[derive(Clone, Copy)]
pub struct Cancellable(NonNull<IRP>);

// SAFETY: an IRP belongs to no thread.
unsafe impl Send for Cancellable {}

impl Cancellable {
    /// The address of an IRP.
    pub const fn of(irp: &Irp) -> Self {
        Self(irp.as_non_null())
    }

    /// `IoCancelIrp`, outside any lock. The IRP exists: its completion routine is this driver's, and leaves it to the
    /// canceller.
    pub fn cancel(self, _irql: &AtMostDispatch) {
        // SAFETY: the type's promise.
        let _taken = unsafe { IoCancelIrp(self.0.as_ptr()) };
    }

    /// The IRP is the canceller's: it came back meanwhile.
    pub fn take(self, device: Device) -> Pended<Nt> {
        // SAFETY: the completion routine kept the IRP, at this driver's location.
        let irp = unsafe { Irp::from_raw(self.0) };
        let tag = Nt::tag(&irp);
        Pended::from_parts(irp, device, tag)
    }
}

/// `PoSetPowerState`
pub fn set_power_state(device: Device, state: DeviceState) {
    // SAFETY: the device object is this driver's.
    let _before =
        unsafe { PoSetPowerState(device.fdo().as_ptr(), DevicePowerState, device_power_state(state)) };
}

/// `IoInvalidateDeviceState`: the PnP manager asks for the device's state again.
pub fn invalidate_device_state(device: Device, _irql: &AtMostDispatch) {
    // SAFETY: the physical device object below this one.
    unsafe { IoInvalidateDeviceState(device.pdo().as_ptr()) };
}

const _: () = {
    assert!(offset_of!(IO_STATUS_BLOCK, __bindgen_anon_1) == 0);
    assert!(size_of::<POWER_STATE>() == 4);
};
