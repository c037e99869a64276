//! A driver that owns its device's power policy, in which any one step can be replaced.
//!
//! Going down, the system IRP waits for the device IRP that follows from it; going up it goes at once, and D0 follows.
//! The device is armed for wake from its start on. When the last file is closed the device is idle: it sleeps in D2
//! until a file is opened or it signals wake.

// UNSAFETY: dispatch routines and callbacks get the kernel's pointers.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    DEVICE_OBJECT, IO_STATUS_BLOCK, IRP, NT_SUCCESS, NTSTATUS, POWER_STATE, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_PENDING, STATUS_SUCCESS,
};

use crate::{
    Extension, Irp, Request, Specimen, driver, kernel, pnp, power_gate as gate, power_idle as idle,
    power_irp::{self, D0, D2, D3, S0, S3, State},
    power_wake as wake,
};

/// The steps of a power policy owner. Every step that is not replaced is done correctly.
pub trait Policy: Specimen {
    /// A system `IRP_MN_SET_POWER`, with the remove lock held in its name.
    #[must_use]
    fn system_set(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        send_marked(extension, irp, system_sent::<Self>)
    }

    /// The lower drivers are done with a system IRP that leaves S0; up to `DISPATCH_LEVEL`.
    #[must_use]
    fn system_down(extension: *mut Extension, irp: Irp, state: State) -> NTSTATUS {
        let target = Self::target(state);
        if request_device::<Self>(extension, target, irp.0) {
            STATUS_MORE_PROCESSING_REQUIRED
        } else {
            done::<Self>(extension, irp)
        }
    }

    /// The lower drivers are done with a system IRP for S0; up to `DISPATCH_LEVEL`.
    #[must_use]
    fn system_up(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        request_device::<Self>(extension, D0, ptr::null_mut());
        done::<Self>(extension, irp)
    }

    /// The device's state for a state of the system.
    #[must_use]
    fn target(system: State) -> State {
        if system > S3 { D3 } else { D2 }
    }

    /// Asks for a device IRP; `system`: the system IRP that waits for it, or NULL. False: there is none.
    #[must_use]
    fn ask(extension: *mut Extension, state: State, system: *mut IRP) -> NTSTATUS {
        let routine = if system.is_null() { device_is_up::<Self> } else { device_is_down::<Self> };
        let context = if system.is_null() { extension.cast() } else { system.cast::<c_void>() };
        power_irp::request(extension, power_irp::SET, state, Some(routine), context)
    }

    /// A device IRP that leaves D0, with the remove lock held in its name.
    #[must_use]
    fn device_down(extension: *mut Extension, irp: Irp, state: State) -> NTSTATUS {
        if state == D3 {
            Self::disarm(extension);
        }
        irp.mark_pending();
        power_irp::tell(extension, state);
        if gate::close(extension, irp) {
            pass_down(extension, irp);
        }
        STATUS_PENDING
    }

    /// A device IRP for D0, with the remove lock held in its name.
    #[must_use]
    fn device_up(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        send_marked(extension, irp, device_sent::<Self>)
    }

    /// The lower drivers are done with a device IRP for D0; up to `DISPATCH_LEVEL`.
    #[must_use]
    fn is_in_d0(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        power_irp::tell(extension, D0);
        gate::open(extension);
        done::<Self>(extension, irp)
    }

    /// D0 was reached: arms the device again; up to `DISPATCH_LEVEL`.
    fn arm_again(extension: *mut Extension) {
        wake::arm_later::<Self>(extension);
    }

    /// The last file is closed; `PASSIVE_LEVEL`.
    fn is_idle(extension: *mut Extension) {
        idle::submit::<Self>(extension);
    }

    /// The hub allows the device to sleep: puts it into D2 and waits for that; `PASSIVE_LEVEL`. False: it cannot.
    #[must_use]
    fn suspend(extension: *mut Extension) -> bool {
        idle::ask_and_wait::<Self>(extension, D2)
    }

    /// `IRP_MN_REMOVE_DEVICE` has come.
    fn removed(extension: *mut Extension) {
        let _ = extension;
    }

    /// A wait/wake IRP is cancelled, if one is pending.
    fn disarm(extension: *mut Extension) {
        wake::disarm(extension);
    }
}

/// The dispatch routine of `IRP_MJ_POWER`.
///
/// # Safety
///
/// Called by the I/O manager.
pub unsafe extern "C" fn dispatch<S: Policy>(device: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    let (extension, irp) = (Extension::of(device), Irp(irp));
    let request = Request::of(irp);
    let status = S::acquire(extension, request);
    if !NT_SUCCESS(status) {
        return irp.complete(status);
    }
    if request.minor == power_irp::SET {
        return match power_irp::asked(irp) {
            (true, _) => S::system_set(extension, irp),
            (false, D0) => S::device_up(extension, irp),
            (false, state) => S::device_down(extension, irp, state),
        };
    }
    if request.minor == power_irp::WAIT_WAKE {
        return wake::dispatch::<S>(extension, irp);
    }
    let status = pnp::forward(extension, irp);
    S::release(extension, request);
    status
}

type Completion = unsafe extern "C" fn(*mut DEVICE_OBJECT, *mut IRP, *mut c_void) -> NTSTATUS;

/// Marks an IRP pending and sends it down with a completion routine.
#[must_use]
pub fn send_marked(extension: *mut Extension, irp: Irp, routine: Completion) -> NTSTATUS {
    irp.mark_pending();
    let _ = send(extension, irp, routine);
    STATUS_PENDING
}

/// Sends an IRP down with a completion routine.
#[must_use]
pub fn send(extension: *mut Extension, irp: Irp, routine: Completion) -> NTSTATUS {
    irp.copy_to_next();
    irp.set_completion_routine(Some(routine), ptr::null_mut());
    // SAFETY: the extension is valid.
    irp.call(unsafe { (*extension).lower })
}

/// Passes a device IRP on that was marked pending, and is done with it.
pub fn pass_down(extension: *mut Extension, irp: Irp) {
    let request = Request::of(irp);
    let _ = pnp::forward(extension, irp);
    kernel::release(extension, request.tag);
}

/// The completion routine of a system IRP.
///
/// # Safety
///
/// Called by the I/O manager.
pub unsafe extern "C" fn system_sent<S: Policy>(
    device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    _: *mut c_void,
) -> NTSTATUS {
    let (extension, irp) = (Extension::of(device), Irp(irp));
    match power_irp::asked(irp) {
        (_, S0) => S::system_up(extension, irp),
        (_, state) => S::system_down(extension, irp, state),
    }
}

/// The completion routine of a device IRP for D0.
///
/// # Safety
///
/// Called by the I/O manager.
pub unsafe extern "C" fn device_sent<S: Policy>(
    device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    _: *mut c_void,
) -> NTSTATUS {
    let (extension, irp) = (Extension::of(device), Irp(irp));
    if NT_SUCCESS(irp.status()) { S::is_in_d0(extension, irp) } else { done::<S>(extension, irp) }
}

/// The driver is done with an IRP that goes on upwards.
#[must_use]
pub fn done<S: Specimen>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    S::release(extension, Request::of(irp));
    STATUS_SUCCESS
}

/// Asks for a device IRP. The remove lock is held in the name of the extension until the callback has run. False: there
/// is none.
pub fn request_device<S: Policy>(extension: *mut Extension, state: State, system: *mut IRP) -> bool {
    let request = wake::own_request(extension);
    if !NT_SUCCESS(S::acquire(extension, request)) {
        return false;
    }
    if S::ask(extension, state, system) == STATUS_PENDING {
        return true;
    }
    S::release(extension, request);
    false
}

/// The callback of a device IRP that a system IRP waits for.
///
/// # Safety
///
/// Called by the power manager.
pub unsafe extern "C" fn device_is_down<S: Policy>(
    _: *mut DEVICE_OBJECT,
    _: u8,
    _: POWER_STATE,
    context: *mut c_void,
    _: *mut IO_STATUS_BLOCK,
) {
    let system = Irp(context.cast());
    // SAFETY: this driver's stack location is current: it keeps the IRP.
    let device = unsafe { (*system.current()).DeviceObject };
    let (extension, request) = (Extension::of(device), Request::of(system));
    system.finish();
    S::release(extension, request);
    S::release(extension, wake::own_request(extension));
}

/// The callback of a device IRP for D0, and of any that nobody waits for.
///
/// # Safety
///
/// Called by the power manager.
pub unsafe extern "C" fn device_is_up<S: Policy>(
    _: *mut DEVICE_OBJECT,
    _: u8,
    state: POWER_STATE,
    context: *mut c_void,
    status: *mut IO_STATUS_BLOCK,
) {
    let extension = context.cast::<Extension>();
    // SAFETY: the power manager's, until this returns.
    let answer = unsafe { (*status).__bindgen_anon_1 };
    // SAFETY: either member is a number.
    let status = unsafe { answer.Status };
    // SAFETY: a number either way.
    let up = unsafe { state.DeviceState } == D0;
    if up && NT_SUCCESS(status) {
        S::arm_again(extension);
    }
    S::release(extension, wake::own_request(extension));
}

/// The major function of the requests that this file is about.
pub const MAJOR: u8 = driver::POWER;
