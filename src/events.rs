//! What happens, told to event tracing: one function for each thing.
//!
//! Each costs one load and one branch while nobody listens. Only values go in, no pointers: an event
//! cannot refer to what is freed. IRQL: any.

use core::ffi::CStr;

use usbclient_core::{
    descriptors::DeviceDescriptor,
    events::{
        AddDeviceFailed, DescriptorRefused, DeviceAdded, DeviceChange, DeviceStarted, DeviceStopped,
        DriverLoaded, DriverUnloaded, FileCleanup, FileClose, FileOpen, HandleDroppedOpen, Hex8, Hex16,
        Hex32, InterfaceClaim, InterfaceRelease, PolicySet, PowerFailed, PowerStep, PowerTransition,
        PrivilegesDropped, RemoveStage, RemoveStart, RemoveStop, StartFailed, SurpriseRemoval,
        TransferFailed, TransferStart, TransferStop,
    },
    pnp::{StartStep, Told},
    power::{DeviceState, Request},
    remove::Stage,
};
use usbclient_protocol::status::{NtStatus, STATUS_CANCELLED, Status};

use crate::nt::{
    device::Device,
    etw::{interrupt_time, is_wanted, write},
};

/// The driver's version, with a NUL.
const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => panic!("a version has no NUL"),
};

pub fn driver_loaded() {
    write(|| DriverLoaded { version: VERSION });
}

pub fn driver_unloaded() {
    write(|| DriverUnloaded {});
}

pub fn device_added(device: Device) {
    write(|| DeviceAdded { device: device.number });
}

pub fn add_device_failed(status: Status) {
    write(|| AddDeviceFailed { status: status.nt() });
}

pub fn device_started(device: Device, descriptor: &DeviceDescriptor, pipes: usize) {
    write(|| DeviceStarted {
        device: device.number,
        vendor_id: Hex16(descriptor.vendor()),
        product_id: Hex16(descriptor.product()),
        pipes: u32::try_from(pipes).unwrap_or(u32::MAX),
    });
}

/// What core tells about a device's life.
pub fn told(device: Device, told: Told) {
    let device_number = device.number;
    match told {
        Told::StartFailed(step, status) => {
            write(|| StartFailed { device: device_number, status: status.nt(), step: step_name(step) });
        }
        Told::Refused(refusal) => {
            write(|| DescriptorRefused { device: device_number, reason: refusal.name() });
        }
        Told::Stopped => write(|| DeviceStopped { device: device_number }),
        Told::SurpriseRemoved => write(|| SurpriseRemoval { device: device_number }),
        Told::Removal(stage) => removal(device, stage),
    }
}

fn removal(device: Device, stage: Stage) {
    let name = match stage {
        Stage::Arrived => {
            if is_wanted::<RemoveStage>() {
                device.stage_microseconds(interrupt_time());
            }
            return write(|| RemoveStart { device: device.number });
        }
        Stage::Drained => c"drain",
        Stage::HandleClosed => c"close",
        Stage::Forwarded => c"forward",
        Stage::Alone => c"wait",
        Stage::Detached => {
            return write(|| RemoveStop {
                device: device.number,
                microseconds: device.stage_microseconds(interrupt_time()),
            });
        }
    };
    write(|| RemoveStage {
        device: device.number,
        microseconds: device.stage_microseconds(interrupt_time()),
        stage: name,
    });
}

const fn step_name(step: StartStep) -> &'static CStr {
    match step {
        StartStep::LowerDrivers => c"lower drivers",
        StartStep::DeviceDescriptor => c"device descriptor",
        StartStep::ConfigurationDescriptor => c"configuration descriptor",
        StartStep::SelectConfiguration => c"select configuration",
        StartStep::Pipes => c"pipes",
        StartStep::Interface => c"interface",
    }
}

pub fn handle_dropped_open() {
    write(|| HandleDroppedOpen {});
}

/// A request goes to the device.
pub fn transfer_started(device: Device, request: u64, endpoint: u8, length: u32) {
    write(|| TransferStart { device: device.number, request, endpoint: Hex8(endpoint), length });
}

/// A request is back. `usbd_status` is that of its URB.
pub fn transfer_ended(
    device: Device,
    request: u64,
    endpoint: u8,
    moved: usize,
    status: NtStatus,
    usbd_status: i32,
) {
    write(|| TransferStop {
        device: device.number,
        request,
        endpoint: Hex8(endpoint),
        moved: u32::try_from(moved).unwrap_or(u32::MAX),
        status,
    });
    if !status.is_success() && status != STATUS_CANCELLED.nt() {
        write(|| TransferFailed {
            device: device.number,
            request,
            endpoint: Hex8(endpoint),
            usbd_status: Hex32(usbd_status.cast_unsigned()),
            status,
        });
    }
}

pub fn file_opened(device: Device, status: NtStatus) {
    write(|| FileOpen { device: device.number, status });
}

pub fn file_cleaned_up(device: Device) {
    write(|| FileCleanup { device: device.number });
}

pub fn file_closed(device: Device) {
    write(|| FileClose { device: device.number });
}

/// What a request has changed, or was to change.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// `CLAIM_INTERFACE`, with `bInterfaceNumber`.
    Claim(u8),
    /// `CLOSE_HANDLE` of a claimed interface.
    Release(u8),
    /// `SET_POLICY`
    Policy {
        /// `bEndpointAddress`; zero: the default pipe or the device.
        endpoint: u8,
        /// Its number.
        policy: u32,
        /// Its value.
        value: u32,
    },
    /// `DROP_PRIVILEGES`, with the operations that are left.
    Privileges(u32),
}

/// A request is about to be completed that changes something.
pub fn changed(device: Device, change: Change, status: NtStatus) {
    let device = device.number;
    match change {
        Change::Claim(interface) => write(|| InterfaceClaim { device, interface, status }),
        Change::Release(interface) => write(|| InterfaceRelease { device, interface }),
        Change::Policy { endpoint, policy, value } => {
            write(|| PolicySet { device, endpoint: Hex8(endpoint), policy, value, status });
        }
        Change::Privileges(operations) => {
            write(|| PrivilegesDropped { device, operations: Hex32(operations) });
        }
    }
}

/// The work item has changed what a job names, or could not.
pub fn device_changed(device: Device, change: &'static CStr, status: NtStatus) {
    write(|| DeviceChange { device: device.number, status, change });
}

/// The drivers below are done with a system power IRP. Nothing is told of other IRPs.
pub fn system_power(device: Device, request: Request, status: NtStatus) {
    let (target, kind) = match request {
        Request::SystemSet(target) => (target, c"system set"),
        Request::SystemQuery(target) => (target, c"system query"),
        Request::DeviceSet(_) | Request::WaitWake | Request::Other => return,
    };
    let state = target.state.raw().into();
    write(|| PowerTransition { device: device.number, state, status, kind });
}

/// The device takes a power state, or could not.
pub fn device_power(device: Device, state: DeviceState, status: NtStatus) {
    if is_wanted::<PowerTransition>() {
        write_device_power(device, state, status);
    }
}

#[cold]
#[inline(never)]
fn write_device_power(device: Device, state: DeviceState, status: NtStatus) {
    let state = state.raw().into();
    write(|| PowerTransition { device: device.number, state, status, kind: c"device set" });
}

/// A step of idle detection or wait-wake.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// The idle notification is sent.
    IdleSubmitted,
    /// The hub has called back.
    IdleCallback,
    /// The notification is over.
    IdleEnded,
    /// The wait/wake IRP goes down.
    WakeArmed,
    /// It is over.
    WakeEnded,
}

/// A step was taken. `status` is that of the IRP, if it is over.
pub fn power_step(device: Device, step: Step, status: NtStatus) {
    if is_wanted::<PowerStep>() {
        write_step(device, step, status);
    }
}

#[cold]
#[inline(never)]
fn write_step(device: Device, step: Step, status: NtStatus) {
    let step = match step {
        Step::IdleSubmitted => c"idle submitted",
        Step::IdleCallback => c"idle callback",
        Step::IdleEnded => c"idle ended",
        Step::WakeArmed => c"wake armed",
        Step::WakeEnded => c"wake ended",
    };
    write(|| PowerStep { device: device.number, status, step });
}

/// A power request that failed.
#[derive(Clone, Copy, Debug)]
pub enum Failed {
    /// D0 was asked for, and not reached.
    ReachD0,
    /// There was no IRP for D0.
    RequestD0,
    /// There was no device IRP for a system IRP.
    RequestForSystem,
    /// The device could not be suspended in the idle callback.
    Suspend,
    /// There was no wait/wake IRP.
    ArmWake,
    /// There was no idle notification.
    SubmitIdle,
}

/// It failed, and the driver goes on without.
pub fn power_failed(device: Device, failed: Failed, status: NtStatus) {
    if is_wanted::<PowerFailed>() {
        write_failed(device, failed, status);
    }
}

#[cold]
#[inline(never)]
fn write_failed(device: Device, failed: Failed, status: NtStatus) {
    let step = match failed {
        Failed::ReachD0 => c"reach D0",
        Failed::RequestD0 => c"request D0",
        Failed::RequestForSystem => c"request the state for the system",
        Failed::Suspend => c"suspend",
        Failed::ArmWake => c"arm wake",
        Failed::SubmitIdle => c"submit idle notification",
    };
    write(|| PowerFailed { device: device.number, status, step });
}
