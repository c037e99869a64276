//! Power IRPs: what they ask for, and how a driver asks for one.

// UNSAFETY: calls the power manager. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    _POWER_STATE_TYPE::{DevicePowerState, SystemPowerState},
    IRP, NTSTATUS, POWER_STATE, PREQUEST_POWER_COMPLETE,
    ntddk::{IoCancelIrp, PoRequestPowerIrp, PoSetPowerState},
};

use crate::{Extension, Irp};

/// A power state: a number, of another type with other headers.
pub type State = wdk_sys::DEVICE_POWER_STATE;

/// `IRP_MN_WAIT_WAKE`.
pub const WAIT_WAKE: u8 = 0x00;
/// `IRP_MN_SET_POWER`.
pub const SET: u8 = 0x02;
/// `IRP_MN_QUERY_POWER`.
pub const QUERY: u8 = 0x03;
/// `PowerSystemWorking`.
pub const S0: State = 1;
/// `PowerSystemSleeping3`.
pub const S3: State = 4;
/// `PowerDeviceD0`.
pub const D0: State = 1;
/// `PowerDeviceD2`.
pub const D2: State = 3;
/// `PowerDeviceD3`.
pub const D3: State = 4;

/// Whether a power IRP is for the system's state, and the state.
#[must_use]
pub const fn asked(irp: Irp) -> (bool, State) {
    // SAFETY: the IRP has a current stack location.
    let location = unsafe { &*irp.current() };
    // SAFETY: the request is a power request with a state.
    let power = unsafe { &location.Parameters.Power };
    // SAFETY: either member is a number of the same size.
    (power.Type == SystemPowerState, unsafe { power.State.SystemState })
}

/// `PoRequestPowerIrp` for the stack that the device is in.
#[must_use]
pub fn request(
    extension: *mut Extension,
    minor: u8,
    state: State,
    routine: PREQUEST_POWER_COMPLETE,
    context: *mut c_void,
) -> NTSTATUS {
    request_into(extension, minor, state, routine, context, ptr::null_mut())
}

/// The same with a place for the IRP's address.
#[must_use]
pub fn request_into(
    extension: *mut Extension,
    minor: u8,
    state: State,
    routine: PREQUEST_POWER_COMPLETE,
    context: *mut c_void,
    place: *mut *mut IRP,
) -> NTSTATUS {
    // SAFETY: the extension is valid.
    let physical = unsafe { (*extension).physical };
    let state = POWER_STATE { DeviceState: state };
    // SAFETY: the physical device object is valid, at an IRQL that the specimen answers for.
    unsafe { PoRequestPowerIrp(physical, minor, state, routine, context, place) }
}

/// `PoSetPowerState` for the device.
pub fn tell(extension: *mut Extension, state: State) {
    // SAFETY: the extension is valid.
    let device = unsafe { (*extension).device };
    // SAFETY: the device is this driver's.
    let _ = unsafe { PoSetPowerState(device, DevicePowerState, POWER_STATE { DeviceState: state }) };
}

/// `IoCancelIrp`.
pub fn cancel(irp: *mut IRP) {
    // SAFETY: the IRP is pending, and is not freed before its canceller lets it go.
    let _ = unsafe { IoCancelIrp(irp) };
}
