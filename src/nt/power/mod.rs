//! Power IRPs: what they carry, and how they go down and come back.
//!
//! Pages: [PoSetPowerState](https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-posetpowerstate),
//! [IoInvalidateDeviceState](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioinvalidatedevicestate),
//! [SYSTEM_POWER_STATE_CONTEXT](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ns-wdm-_system_power_state_context)

// UNSAFETY: power IRPs are the kernel's, and so are the callbacks' pointers.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

mod ask;

use core::{ffi::c_void, ptr::NonNull};

use usbclient_core::{
    dispatch::{IrpCalls as _, Pended},
    power::{
        self, DeviceState, Request, SystemState, SystemTarget, Then,
        irp::{Back, PowerIrp},
    },
};
use usbclient_protocol::status::{NtStatus, STATUS_NO_SUCH_DEVICE};
use wdk_sys::{
    _POWER_STATE_TYPE::{DevicePowerState, SystemPowerState},
    DEVICE_OBJECT, DEVICE_POWER_STATE, IRP, IRP_MN_QUERY_POWER, IRP_MN_SET_POWER, IRP_MN_WAIT_WAKE, NTSTATUS,
    POWER_STATE, STATUS_MORE_PROCESSING_REQUIRED, STATUS_SUCCESS, SYSTEM_POWER_STATE,
    ntddk::{IoCancelIrp, IoInvalidateDeviceState, IofCallDriver, PoSetPowerState},
};

pub use self::ask::{ask_and_wait, ask_d0, ask_device, ask_wake};
use super::{Nt, device::Device, irp::Irp, irql::AtMostDispatch, narrow, stack_location};
use crate::{
    events::{self, Failed},
    power::wake,
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

const fn device_power_state(state: DeviceState) -> POWER_STATE {
    POWER_STATE { DeviceState: state.raw() as DEVICE_POWER_STATE }
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

const _: () = assert!(size_of::<POWER_STATE>() == 4);
