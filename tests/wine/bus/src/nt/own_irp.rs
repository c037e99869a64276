//! IRPs that this driver sends and waits for.

// UNSAFETY: makes an IRP of the kernel's.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::ffi::c_void;

use wdk_sys::{
    _DEVICE_RELATION_TYPE::BusRelations,
    _POWER_STATE_TYPE::SystemPowerState,
    DEVICE_CAPABILITIES, DEVICE_OBJECT, FILE_OBJECT, IO_STACK_LOCATION, IRP, IRP_MJ_CLEANUP, IRP_MJ_PNP,
    IRP_MJ_POWER, IRP_MN_QUERY_CAPABILITIES, IRP_MN_QUERY_DEVICE_RELATIONS, NTSTATUS, SL_INVOKE_ON_CANCEL,
    SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, STATUS_IO_TIMEOUT,
    STATUS_MORE_PROCESSING_REQUIRED, STATUS_NOT_SUPPORTED, STATUS_SUCCESS,
    ntddk::{IoAllocateIrp, IoFreeIrp, IofCallDriver},
};

use super::{device::Device, event::Event};
use crate::shared::line::trace;

/// How long a driver may take for a request, in units of 100 ns: 30 s.
const PATIENCE: u64 = 300_000_000;

/// What one of these IRPs says.
#[derive(Clone, Copy, Debug)]
pub enum Request {
    /// An `IRP_MJ_PNP` without parameters.
    Pnp(u8),
    /// `IRP_MN_QUERY_CAPABILITIES`
    Capabilities(*mut DEVICE_CAPABILITIES),
    /// `IRP_MN_QUERY_DEVICE_RELATIONS` for `BusRelations`
    BusRelations,
    /// An `IRP_MJ_POWER` about the system's state.
    SystemPower {
        /// `IRP_MN_QUERY_POWER` or `IRP_MN_SET_POWER`
        minor: u8,
        /// `SYSTEM_POWER_STATE`
        state: u32,
        /// `POWER_ACTION`
        action: u32,
    },
    /// `IRP_MJ_CLEANUP`
    Cleanup(*mut FILE_OBJECT),
}

impl Request {
    const fn minor(self) -> u8 {
        match self {
            Self::Pnp(minor) | Self::SystemPower { minor, .. } => minor,
            Self::Capabilities(_) => IRP_MN_QUERY_CAPABILITIES as u8,
            Self::BusRelations => IRP_MN_QUERY_DEVICE_RELATIONS as u8,
            Self::Cleanup(_) => 0,
        }
    }

    const fn major(self) -> u8 {
        match self {
            Self::Pnp(_) | Self::Capabilities(_) | Self::BusRelations => IRP_MJ_PNP as u8,
            Self::SystemPower { .. } => IRP_MJ_POWER as u8,
            Self::Cleanup(_) => IRP_MJ_CLEANUP as u8,
        }
    }

    /// PnP and power requests begin so; cleanup is like any other.
    const fn initial_status(self) -> NTSTATUS {
        match self {
            Self::Cleanup(_) => STATUS_SUCCESS,
            _ => STATUS_NOT_SUPPORTED,
        }
    }

    fn fill(self, location: &mut IO_STACK_LOCATION) {
        *location = IO_STACK_LOCATION::default();
        location.MajorFunction = self.major();
        location.MinorFunction = self.minor();
        match self {
            Self::Pnp(_) => {}
            Self::Capabilities(capabilities) => {
                location.Parameters.DeviceCapabilities.Capabilities = capabilities;
            }
            Self::BusRelations => location.Parameters.QueryDeviceRelations.Type = BusRelations,
            Self::SystemPower { state, action, .. } => {
                location.Parameters.Power = wdk_sys::_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_36 {
                    Type: SystemPowerState,
                    State: wdk_sys::POWER_STATE { SystemState: state },
                    ShutdownType: action,
                    ..Default::default()
                };
            }
            Self::Cleanup(file) => location.FileObject = file,
        }
    }
}

/// Sends a request to a device object, and waits for its end. Gives its status.
pub fn send(device: Device, request: Request) -> NTSTATUS {
    ask(device, request).0
}

/// Sends a request to a device object, and waits for its end. Gives its status and information.
pub fn ask(device: Device, request: Request) -> (NTSTATUS, usize) {
    // SAFETY: the number of stack locations is the device's.
    let irp = unsafe { IoAllocateIrp(device.stack_size(), 0) };
    if irp.is_null() {
        return (STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    let done = Event::notification(false);
    prepare(irp, request, &done);
    // SAFETY: the IRP and the device object are valid.
    let _ = unsafe { IofCallDriver(device.as_ptr(), irp) };
    if !done.wait_for(PATIENCE) {
        trace!("~flt broken {:02x} {:02x} is not completed", request.major(), request.minor());
        // The IRP and the event stay with whoever has them.
        core::mem::forget(done);
        return (STATUS_IO_TIMEOUT, 0);
    }
    let ours = super::irp::Irp::of(irp);
    let answer = (ours.status(), ours.information());
    // SAFETY: the completion routine has stopped its completion, so it is this function's again.
    unsafe { IoFreeIrp(irp) };
    answer
}

fn prepare(irp: *mut IRP, request: Request, done: &Event) {
    let ours = super::irp::Irp::of(irp);
    ours.set_status(request.initial_status());
    // SAFETY: the IRP has a next stack location.
    let next = unsafe { &mut *ours.next() };
    request.fill(next);
    next.CompletionRoutine = Some(completed);
    next.Context = core::ptr::from_ref(done).cast_mut().cast();
    next.Control = (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL) as u8;
    if let Request::Cleanup(file) = request {
        // SAFETY: the IRP is valid; only an address is computed.
        let tail = unsafe { &raw mut (*irp).Tail };
        // SAFETY: as above.
        let slot = unsafe { &raw mut (*tail).Overlay.OriginalFileObject };
        // SAFETY: the slot lies in the IRP.
        unsafe { slot.write(file) };
    }
}

unsafe extern "C" fn completed(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    // SAFETY: `send` waits with the event alive, or leaves it for ever.
    let done = unsafe { &*context.cast::<Event>() };
    done.set();
    STATUS_MORE_PROCESSING_REQUIRED
}

/// Sends an IRP that came from above on to the next device, and waits for it; it is this driver's again then.
pub fn forward_and_wait(irp: super::irp::Irp, device: Device) -> NTSTATUS {
    let done = Event::notification(false);
    irp.copy_to_next(Some(completed), core::ptr::from_ref(&done).cast_mut().cast());
    let _ = irp.call(device);
    done.wait();
    irp.status()
}
