//! What happens, told to event tracing: one function for each thing.
//!
//! Each costs one load and one branch while nobody listens. Only values go in, no pointers: an event
//! cannot refer to what is freed. IRQL: any.

use core::ffi::CStr;

use usbclient_core::{
    descriptors::DeviceDescriptor,
    events::{
        AddDeviceFailed, DescriptorRefused, DeviceAdded, DeviceStarted, DeviceStopped, DriverLoaded,
        DriverUnloaded, FileCleanup, FileClose, FileOpen, HandleDroppedOpen, Hex8, Hex16, Hex32, RemoveStage,
        RemoveStart, RemoveStop, StartFailed, SurpriseRemoval, TransferFailed, TransferStart, TransferStop,
    },
    pnp::{StartStep, Told},
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

/// A request goes to the device for the first time, or again after STOP.
pub fn transfer_started(device: Device, request: u64, endpoint: u8, length: u32) {
    write(|| TransferStart { device: device.number, request, endpoint: Hex8(endpoint), length });
}

/// A request is over. `usbd_status` is that of its URB.
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
