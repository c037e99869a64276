//! Idle notifications: a device whose last file is closed sleeps in D2 until it is needed.

// UNSAFETY: works on the device extension.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    DEVICE_OBJECT, IO_STATUS_BLOCK, IRP, KEVENT, NT_SUCCESS, NTSTATUS, POWER_STATE,
    STATUS_MORE_PROCESSING_REQUIRED, STATUS_PENDING, STATUS_POWER_STATE_INVALID,
};

use crate::{
    Extension, Irp, Request, Specimen, io, kernel, own_irp,
    power_gate::locked,
    power_irp::{self, D0, State},
    power_policy::{self, Policy},
    power_state::{WAKE_BACK, WAKE_BELOW, WAKE_CANCELLING, WAKE_NONE},
    power_wake::own_request,
};

/// `IRP_MJ_INTERNAL_DEVICE_CONTROL`.
const INTERNAL_DEVICE_CONTROL: u8 = 0x0F;
/// `IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION`, which is a macro.
const SUBMIT_IDLE: u32 = 0x0022_0027;

/// A file is opened: the device is needed, and brought into D0. The last file is closed: it is idle.
#[must_use]
pub fn file_request<S: Policy>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    let major = Request::of(irp).major;
    if major == io::CREATE {
        locked(extension, |power| power.files += 1);
        leave::<S>(extension);
    }
    let idle = major == io::CLOSE
        && locked(extension, |power| {
            power.files -= 1;
            power.files == 0
        });
    // SAFETY: the extension is valid.
    if idle && unsafe { (*extension).started } {
        S::is_idle(extension);
    }
    io::end::<S>(extension, irp, wdk_sys::STATUS_SUCCESS)
}

/// Tells the hub that the device is idle; `PASSIVE_LEVEL`.
pub fn submit<S: Policy>(extension: *mut Extension) {
    let free = locked(extension, |power| {
        let free = power.idle_word == WAKE_NONE && !power.closed;
        if free {
            power.idle_word = WAKE_BELOW;
        }
        free
    });
    if free && !send::<S>(extension, called_back::<S>) {
        locked(extension, |power| power.idle_word = WAKE_NONE);
    }
}

/// Sends an idle notification with this callback. False: there is no memory for it, or the device goes.
pub fn send<S: Policy>(extension: *mut Extension, callback: unsafe extern "C" fn(*mut c_void)) -> bool {
    let request = own_request(extension);
    if !NT_SUCCESS(S::acquire(extension, request)) {
        return false;
    }
    let Some(irp) = own_irp::allocate(extension) else {
        S::release(extension, request);
        return false;
    };
    // SAFETY: the extension is valid.
    let fields = unsafe { &mut *extension };
    fields.power.idle_info.IdleCallback = Some(callback);
    fields.power.idle_info.IdleContext = extension.cast();
    // SAFETY: the IRP has a next stack location.
    let next = unsafe { &mut *irp.next() };
    next.MajorFunction = INTERNAL_DEVICE_CONTROL;
    next.Parameters.DeviceIoControl.IoControlCode = SUBMIT_IDLE;
    next.Parameters.DeviceIoControl.InputBufferLength = size_of_val(&fields.power.idle_info) as u32;
    next.Parameters.DeviceIoControl.Type3InputBuffer = (&raw mut fields.power.idle_info).cast();
    irp.set_completion_routine(Some(came_back::<S>), extension.cast());
    locked(extension, |power| power.idle = irp.0);
    let _ = irp.call(fields.lower);
    true
}

/// The completion routine of the idle notification. Who cancels it just now frees it.
unsafe extern "C" fn came_back<S: Policy>(
    _: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    context: *mut c_void,
) -> NTSTATUS {
    let extension = context.cast::<Extension>();
    let status = Irp(irp).status();
    let (cancelling, asleep) = locked(extension, |power| {
        power.idle = ptr::null_mut();
        let cancelling = power.idle_word == WAKE_CANCELLING;
        power.idle_word = if cancelling { WAKE_BACK } else { WAKE_NONE };
        (cancelling, power.closed)
    });
    // SAFETY: the extension is valid: the remove lock is held.
    let started = unsafe { (*extension).started };
    if asleep && started && status != STATUS_POWER_STATE_INVALID {
        power_policy::request_device::<S>(extension, D0, ptr::null_mut());
    }
    if !cancelling {
        over::<S>(extension, irp);
    }
    STATUS_MORE_PROCESSING_REQUIRED
}

fn over<S: Specimen>(extension: *mut Extension, irp: *mut IRP) {
    own_irp::free(Irp(irp));
    S::release(extension, own_request(extension));
}

/// Cancels the idle notification, if one is pending.
pub fn cancel<S: Policy>(extension: *mut Extension) {
    let irp = locked(extension, |power| {
        if power.idle.is_null() || power.idle_word != WAKE_BELOW {
            return ptr::null_mut();
        }
        power.idle_word = WAKE_CANCELLING;
        power.idle
    });
    if irp.is_null() {
        return;
    }
    power_irp::cancel(irp);
    let back = locked(extension, |power| {
        let back = power.idle_word == WAKE_BACK;
        power.idle_word = if back { WAKE_NONE } else { WAKE_BELOW };
        back
    });
    if back {
        over::<S>(extension, irp);
    }
}

/// The device is needed: the idle notification is cancelled, and a device that sleeps is brought into D0;
/// `PASSIVE_LEVEL`, outside of power requests.
pub fn leave<S: Policy>(extension: *mut Extension) {
    cancel::<S>(extension);
    if locked(extension, |power| power.closed) {
        let _ = ask_and_wait::<S>(extension, D0);
    }
}

/// The idle callback: puts the device into D2 and waits for that. Without a power IRP the notification is cancelled.
///
/// # Safety
///
/// Called by the hub, with the extension.
pub unsafe extern "C" fn called_back<S: Policy>(context: *mut c_void) {
    let extension = context.cast::<Extension>();
    if !S::suspend(extension) {
        cancel::<S>(extension);
    }
}

struct Waiting {
    extension: *mut Extension,
    event: *mut KEVENT,
}

/// Asks for a device state and waits for it. False: there is no IRP for it.
#[must_use]
pub fn ask_and_wait<S: Policy>(extension: *mut Extension, state: State) -> bool {
    let request = own_request(extension);
    if !NT_SUCCESS(S::acquire(extension, request)) {
        return false;
    }
    let mut event = kernel::Event::new();
    let event = event.initialise();
    let mut waiting = Waiting { extension, event };
    let context = (&raw mut waiting).cast();
    let asked =
        power_irp::request(extension, power_irp::SET, state, Some(reached::<S>), context) == STATUS_PENDING;
    if asked {
        kernel::wait(event);
    }
    S::release(extension, request);
    asked
}

unsafe extern "C" fn reached<S: Policy>(
    _: *mut DEVICE_OBJECT,
    _: u8,
    state: POWER_STATE,
    context: *mut c_void,
    status: *mut IO_STATUS_BLOCK,
) {
    // SAFETY: the waiter's, until it is woken.
    let Waiting { extension, event } = unsafe { context.cast::<Waiting>().read() };
    // SAFETY: the power manager's, until this returns.
    let answer = unsafe { (*status).__bindgen_anon_1 };
    // SAFETY: either member is a number.
    let status = unsafe { answer.Status };
    // SAFETY: a number either way.
    if unsafe { state.DeviceState } == D0 && NT_SUCCESS(status) {
        S::arm_again(extension);
    }
    kernel::set(event);
}
