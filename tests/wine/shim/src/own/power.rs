//! Power requests, sent for real: Wine has no power manager.

use core::ffi::c_void;

use wdk_sys::{
    _POWER_STATE_TYPE::DevicePowerState, DEVICE_OBJECT, IRP, IRP_MJ_POWER, NTSTATUS, POWER_STATE,
    PREQUEST_POWER_COMPLETE, STATUS_INSUFFICIENT_RESOURCES, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_NOT_SUPPORTED, STATUS_PENDING, ntddk,
};

use super::memory::ExAllocatePool2;
use crate::{irp, tell::tell};

const POOL_FLAG_NON_PAGED: u64 = 0x40;
const TAG: u32 = u32::from_le_bytes(*b"Shim");
const SL_INVOKE_ON_EVERYTHING: u8 = 0xe0;

/// Who asked, and for what.
struct Asked {
    device: *mut DEVICE_OBJECT,
    top: *mut DEVICE_OBJECT,
    minor: u8,
    state: POWER_STATE,
    completion: PREQUEST_POWER_COMPLETE,
    context: *mut c_void,
}

/// Allocates a device power IRP and sends it to the top of the device's stack, as the page says.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-porequestpowerirp>
pub unsafe extern "C" fn PoRequestPowerIrp(
    device: *mut DEVICE_OBJECT,
    minor: u8,
    state: POWER_STATE,
    completion: PREQUEST_POWER_COMPLETE,
    context: *mut c_void,
    irp_out: *mut *mut IRP,
) -> NTSTATUS {
    // SAFETY: the caller's device object.
    let top = unsafe { ntddk::IoGetAttachedDeviceReference(device) };
    // SAFETY: a device object that this code holds a reference of.
    let size = unsafe { (*top).StackSize };
    // SAFETY: no quota is charged.
    let irp = unsafe { ntddk::IoAllocateIrp(size, 0) };
    let room = size_of::<Asked>() as u64;
    // SAFETY: any kind and size may be asked for.
    let asked = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, room, TAG) }.cast::<Asked>();
    if irp.is_null() || asked.is_null() {
        // SAFETY: what was made is given back, and nobody else knows of it.
        unsafe { give_back(top, irp, asked) };
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: allocated for it.
    unsafe { asked.write(Asked { device, top, minor, state, completion, context }) };
    // SAFETY: a new IRP has a next stack location.
    unsafe { prepare(irp, minor, state, asked) };
    if !irp_out.is_null() {
        // SAFETY: the caller's place for it.
        unsafe { *irp_out = irp };
    }
    // SAFETY: the stack location is filled, and nobody here looks at the IRP again.
    let _ = unsafe { ntddk::IofCallDriver(top, irp) };
    STATUS_PENDING
}

/// Fills the IRP's next stack location.
///
/// # Safety
/// The IRP is new.
unsafe fn prepare(irp: *mut IRP, minor: u8, state: POWER_STATE, asked: *mut Asked) {
    // SAFETY: a new IRP's.
    let status = unsafe { &mut (*irp).IoStatus };
    status.__bindgen_anon_1.Status = STATUS_NOT_SUPPORTED;
    // SAFETY: a new IRP, which nobody else knows.
    let next = unsafe { irp::next(irp) };
    next.MajorFunction = u8::try_from(IRP_MJ_POWER).unwrap_or_default();
    next.MinorFunction = minor;
    next.Parameters.Power.Type = DevicePowerState;
    next.Parameters.Power.State = state;
    next.CompletionRoutine = Some(completed);
    next.Context = asked.cast();
    next.Control = SL_INVOKE_ON_EVERYTHING;
}

unsafe extern "C" fn completed(_device: *mut DEVICE_OBJECT, irp: *mut IRP, context: *mut c_void) -> NTSTATUS {
    let at = context.cast::<Asked>();
    // SAFETY: PoRequestPowerIrp gave it.
    let asked = unsafe { at.read() };
    // SAFETY: the IRP is complete, and this routine's to look at.
    let mut status = unsafe { (*irp).IoStatus };
    if let Some(routine) = asked.completion {
        tell!("~d power");
        // SAFETY: the driver's routine with what it asked for.
        unsafe { routine(asked.device, asked.minor, asked.state, asked.context, &raw mut status) };
        tell!("~e power");
    }
    // SAFETY: they are PoRequestPowerIrp's, and nobody else has them now.
    unsafe { give_back(asked.top, irp, at) };
    STATUS_MORE_PROCESSING_REQUIRED
}

/// # Safety
/// They are not used afterwards. The IRP and the memory may be null.
unsafe fn give_back(top: *mut DEVICE_OBJECT, irp: *mut IRP, asked: *mut Asked) {
    if !irp.is_null() {
        // SAFETY: IoAllocateIrp's.
        unsafe { ntddk::IoFreeIrp(irp) };
    }
    if !asked.is_null() {
        // SAFETY: ExAllocatePool2's.
        unsafe { ntddk::ExFreePoolWithTag(asked.cast(), TAG) };
    }
    // SAFETY: IoGetAttachedDeviceReference gave a reference.
    unsafe { ntddk::ObfDereferenceObject(top.cast()) };
}

/// Answers what it is told: nobody here remembers a state. Windows answers the one before.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-posetpowerstate>
pub const unsafe extern "C" fn PoSetPowerState(
    _device: *mut DEVICE_OBJECT,
    _kind: i32,
    state: POWER_STATE,
) -> POWER_STATE {
    state
}
