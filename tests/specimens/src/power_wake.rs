//! Wait/wake: the device is armed from its start on, and again after each wake.

// UNSAFETY: works on the device extension.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    _WORK_QUEUE_TYPE::DelayedWorkQueue,
    DEVICE_OBJECT, IO_STATUS_BLOCK, IRP, NT_SUCCESS, NTSTATUS, POWER_STATE, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_PENDING,
    ntddk::{IoAllocateWorkItem, IoFreeWorkItem, IoQueueWorkItem},
};

use crate::{
    Extension, Irp, Request,
    power_gate::locked,
    power_irp::{self, D0, S3},
    power_policy::{self, Policy},
    power_state::{WAKE_BACK, WAKE_BELOW, WAKE_CANCELLING, WAKE_NONE},
};

/// What the remove lock is held for that no request from outside is.
#[must_use]
pub const fn own_request(extension: *mut Extension) -> Request {
    Request { tag: extension.cast(), major: power_policy::MAJOR, minor: power_irp::SET }
}

/// Allocates what arming needs. The last act of `AddDevice`.
pub fn prepare(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let fields = unsafe { &mut *extension };
    // SAFETY: the device is this driver's.
    fields.power.item = unsafe { IoAllocateWorkItem(fields.device) };
}

/// Gives it back, when nobody else holds the remove lock.
pub fn forget(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let item = unsafe { (*extension).power.item };
    if !item.is_null() {
        // SAFETY: not queued: it would hold the remove lock.
        unsafe { IoFreeWorkItem(item) };
    }
}

/// Arms the device for wake, if it is not armed; `PASSIVE_LEVEL`.
pub fn arm<S: Policy>(extension: *mut Extension) {
    let free = locked(extension, |power| {
        let free = power.wake_word == WAKE_NONE;
        if free {
            power.wake_word = WAKE_BELOW;
        }
        free
    });
    let request = own_request(extension);
    if !free {
        return;
    }
    let asked = NT_SUCCESS(S::acquire(extension, request));
    let mut place = ptr::null_mut();
    if asked {
        let context = extension.cast();
        let routine = Some(woken::<S> as _);
        if power_irp::request_into(extension, power_irp::WAIT_WAKE, S3, routine, context, &raw mut place)
            == STATUS_PENDING
        {
            return;
        }
        S::release(extension, request);
    }
    locked(extension, |power| power.wake_word = WAKE_NONE);
}

/// The wait/wake IRP comes by on its way down, with the remove lock held in its name. Its address is taken here: it may
/// be gone when `PoRequestPowerIrp` returns.
#[must_use]
pub fn dispatch<S: Policy>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    locked(extension, |power| power.wake = irp.0);
    power_policy::send_marked(extension, irp, came_back::<S>)
}

/// The completion routine of the wait/wake IRP. Who cancels it just now completes it.
unsafe extern "C" fn came_back<S: Policy>(
    device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    _: *mut c_void,
) -> NTSTATUS {
    let (extension, irp) = (Extension::of(device), Irp(irp));
    let cancelling = locked(extension, |power| {
        power.wake = ptr::null_mut();
        let cancelling = power.wake_word == WAKE_CANCELLING;
        power.wake_word = if cancelling { WAKE_BACK } else { WAKE_NONE };
        cancelling
    });
    if cancelling {
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    power_policy::done::<S>(extension, irp)
}

/// Cancels the wait/wake IRP, if one is pending; up to `DISPATCH_LEVEL`.
pub fn disarm(extension: *mut Extension) {
    let irp = locked(extension, |power| {
        if power.wake.is_null() || power.wake_word != WAKE_BELOW {
            return ptr::null_mut();
        }
        power.wake_word = WAKE_CANCELLING;
        power.wake
    });
    if irp.is_null() {
        return;
    }
    power_irp::cancel(irp);
    let back = locked(extension, |power| {
        let back = power.wake_word == WAKE_BACK;
        power.wake_word = if back { WAKE_NONE } else { WAKE_BELOW };
        back
    });
    if back {
        let request = Request::of(Irp(irp));
        Irp(irp).finish();
        crate::kernel::release(extension, request.tag);
    }
}

/// The callback of the wait/wake IRP: a device that has signalled wake is brought into D0 and armed again.
unsafe extern "C" fn woken<S: Policy>(
    _: *mut DEVICE_OBJECT,
    _: u8,
    _: POWER_STATE,
    context: *mut c_void,
    status: *mut IO_STATUS_BLOCK,
) {
    let extension = context.cast::<Extension>();
    // SAFETY: the power manager's, until this returns.
    let answer = unsafe { (*status).__bindgen_anon_1 };
    // SAFETY: either member is a number.
    let status = unsafe { answer.Status };
    if NT_SUCCESS(status) {
        locked(extension, |power| power.arm_again = true);
        power_policy::request_device::<S>(extension, D0, ptr::null_mut());
    }
    S::release(extension, own_request(extension));
}

/// Lets a work item arm the device, if it has signalled wake or was disarmed: that needs `PASSIVE_LEVEL`.
pub fn arm_later<S: Policy>(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let item = unsafe { (*extension).power.item };
    // SAFETY: the extension is valid.
    let possible = unsafe { (*extension).started } && !item.is_null();
    let needed = locked(extension, |power| {
        let needed = possible && !power.item_queued && (power.arm_again || power.wake_word == WAKE_NONE);
        if needed {
            (power.arm_again, power.item_queued) = (false, true);
        }
        needed
    });
    if !needed {
        return;
    }
    if !NT_SUCCESS(S::acquire(extension, own_request(extension))) {
        locked(extension, |power| power.item_queued = false);
        return;
    }
    // SAFETY: the item is not queued.
    unsafe { IoQueueWorkItem(item, Some(arms::<S>), DelayedWorkQueue, extension.cast()) };
}

unsafe extern "C" fn arms<S: Policy>(_: *mut DEVICE_OBJECT, context: *mut c_void) {
    let extension = context.cast::<Extension>();
    locked(extension, |power| power.item_queued = false);
    // SAFETY: the extension is valid: the remove lock is held.
    if unsafe { (*extension).started } {
        arm::<S>(extension);
    }
    S::release(extension, own_request(extension));
}
