//! Core's calls, carried out: what each step of a device's life does in the kernel.

use alloc::vec::Vec;

use usbclient_core::{
    capabilities::{Capabilities, Capability},
    descriptors::{self, Companion, Configuration, DeviceDescriptor, Endpoint},
    isoch::IsochPipe,
    pnp::{Event, GateCalls, Minor, PnpCalls, PolicyCalls, StartCalls, State, Step, StopCalls},
    power::DeviceState,
    remove::{RemoveCalls, Removing},
    streams::PipeState,
    transfer::{self as limits, Speed},
};
use usbclient_protocol::{
    TransferType,
    status::{
        STATUS_DEVICE_CONFIGURATION_ERROR, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_STATE, Status,
    },
};
use usbclient_registration::usbd::ClosePermit;

use crate::{
    cancel,
    gate::{Configured, Gate, Pipe},
    holding,
    nt::{
        Nt, Sender,
        device::{self, Device},
        irp::{Irp, Tag},
        irql::{AtMostDispatch, Passive},
        mdl::PartialMdl,
        pnp, pool, power as nt_power,
        select_configuration::{self, SelectedPipe},
        slot::{Cause, Drained, Pool},
        urb::PipeHandle,
        usbd::{HandleUse, UsbdRegistration},
    },
    power, transfer,
};

const DEVICE_DESCRIPTOR: u8 = 1;
const CONFIGURATION_DESCRIPTOR: u8 = 2;
/// `PNP_DEVICE_FAILED`
const PNP_DEVICE_FAILED: usize = 4;
/// Slots that START makes: two for the default pipe, and so many for each other one.
const SLOTS_PER_PIPE: usize = 4;
/// How long requests that were called back may take, before they are called back again.
const RECALL_PATIENCE_MS: u32 = 50;
/// How often requests are called back before they are cancelled.
const RECALL_ROUNDS: u32 = 20;

impl GateCalls for Nt {
    fn change(device: Device, event: Event, passive: &mut Passive) -> Step {
        let mut gate = device.gate.lock(passive);
        let step = gate.machine.apply(event);
        if event == Event::StartSucceeds {
            gate.power.started();
        }
        step
    }

    fn start_held(device: Device, passive: &mut Passive) {
        holding::send_held_for_device(device, passive);
    }

    fn fail_held(device: Device, status: Status, passive: &mut Passive) {
        cancel::fail_held(device, status, passive, |_key, _file| true);
    }

    fn cancel_in_flight(device: Device, passive: &mut Passive) {
        cancel::cancel_in_flight(device, Cause::Removal, passive, |_entry| true);
    }

    fn wait_for_requests(device: Device, passive: &mut Passive) {
        if expect_no_users(device, passive) {
            device.no_users.wait(passive);
        }
    }

    fn disable_interface(device: Device, passive: &mut Passive) {
        let interface = device.gate.lock(passive).interface.take();
        if let Some(mut interface) = interface {
            interface.disable(passive);
            device.gate.lock(passive).interface = Some(interface);
        }
    }
}

/// Makes the event ready. False: there is nothing to wait for.
fn expect_no_users(device: Device, irql: &mut AtMostDispatch) -> bool {
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    gate.expect_no_users(&device.no_users, irql)
}

/// Runs `body` as a user of the handle, with the means to send requests of this driver's own.
fn with_sender<R>(
    device: Device,
    passive: &mut Passive,
    body: impl FnOnce(&HandleUse, &mut Sender, &mut Passive) -> Result<R, Status>,
) -> Result<R, Status> {
    let mut gate = device.gate.lock(passive);
    let sender = gate.sender.take();
    let handle = gate.lend_handle();
    drop(gate);
    let handle = handle.ok_or(STATUS_INVALID_DEVICE_STATE)?;
    let sender = sender.map_or_else(|| Sender::allocate(device, &handle, passive), Ok);
    let (result, sender) = match sender {
        Ok(mut sender) => (body(&handle, &mut sender, passive), Some(sender)),
        Err(status) => (Err(status), None),
    };
    let mut guard = device.gate.lock(passive);
    let (gate, irql) = guard.split();
    gate.sender = sender;
    gate.give_back(handle, &device.no_users, irql);
    result
}

impl PolicyCalls for Nt {
    fn come_up(device: Device, passive: &mut Passive) -> Result<(), Status> {
        power::idle::cancel(device, passive);
        if device.gate.lock(passive).power.must_come_up() {
            nt_power::ask_and_wait(device, DeviceState::D0, passive)?;
        }
        Ok(())
    }

    fn disarm(device: Device, passive: &mut Passive) {
        power::idle::cancel(device, passive);
        power::wake::cancel(device, passive);
    }

    fn read_settings(device: Device, passive: &mut Passive) {
        power::settings::read(device, passive);
    }

    fn run_policy(device: Device, _passive: &mut Passive) {
        power::policy::run(device);
    }
}

impl StopCalls for Nt {
    fn recall_in_flight(device: Device, passive: &mut Passive) {
        device.gate.lock(passive).is_recalling = true;
        recall(device, passive);
        device.gate.lock(passive).is_recalling = false;
    }

    fn deconfigure(device: Device, passive: &mut Passive) {
        // The device may be gone: whatever it answers, nothing is done about it.
        let _result = with_sender(device, passive, |_handle, sender, passive| sender.unconfigure(passive));
    }

    fn drop_pipes(device: Device, passive: &mut Passive) {
        let mut gate = device.gate.lock(passive);
        let configured = gate.configured.take();
        let mut slots = core::mem::replace(&mut gate.slots, Pool::new());
        drop(gate);
        drop(configured);
        slots.drain();
    }
}

/// Gets back what is in flight, and waits for it. New requests are held already.
pub fn recall(device: Device, passive: &mut Passive) {
    // No request aborts one stream, and the streams are gone after STOP.
    cancel::cancel_in_flight(device, Cause::Abort, passive, |entry| entry.stream != 0);
    for _round in 0..RECALL_ROUNDS {
        // A request that was admitted but not sent yet is met by the next round.
        if abort_busy_pipes(device, passive).is_err() || !expect_no_users(device, passive) {
            break;
        }
        if device.no_users.wait_at_most(passive, RECALL_PATIENCE_MS) {
            break;
        }
    }
    // What did not come back: the device does not obey, and the caller hears of it.
    Nt::cancel_in_flight(device, passive);
    Nt::wait_for_requests(device, passive);
}

/// Aborts every pipe that has a request in flight.
fn abort_busy_pipes(device: Device, passive: &mut Passive) -> Result<(), Status> {
    let mut at = 0;
    loop {
        // Not in the loop's condition: the lock would be held in its body.
        let busy = busy_pipe(&device.gate.lock(passive), at);
        let Some((next, pipe)) = busy else { return Ok(()) };
        with_sender(device, passive, |_handle, sender, passive| sender.abort_pipe(pipe, passive))?;
        at = next;
    }
}

/// The first pipe from number `at` on with a request in flight, and the number after it.
fn busy_pipe(gate: &Gate, at: usize) -> Option<(usize, PipeHandle)> {
    let configured = gate.configured.as_ref()?;
    let pipes = configured.endpoints.iter().zip(&configured.pipes).enumerate().skip(at);
    for (index, (endpoint, pipe)) in pipes {
        if gate.slots.any(|entry| entry.endpoint == endpoint.address && entry.stream == 0) {
            return Some((index.saturating_add(1), pipe.state.endpoint()));
        }
    }
    None
}

impl StartCalls for Nt {
    type Descriptor = Vec<u8>;
    type Pipes = Vec<SelectedPipe>;

    fn read_device_descriptor(
        device: Device,
        passive: &mut Passive,
    ) -> Result<([u8; DeviceDescriptor::SIZE], usize), Status> {
        // Not on the stack: the USB driver stack maps the buffer for the controller.
        let mut buffer = pool::try_zeroed(DeviceDescriptor::SIZE)?;
        let length = with_sender(device, passive, |_handle, sender, passive| {
            sender.get_descriptor(DEVICE_DESCRIPTOR, &mut buffer, passive)
        })?;
        let bytes = buffer.first_chunk().copied().ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
        Ok((bytes, length))
    }

    fn read_configuration_descriptor(
        device: Device,
        length: u16,
        passive: &mut Passive,
    ) -> Result<Vec<u8>, Status> {
        let mut buffer = pool::try_zeroed(usize::from(length))?;
        let length = with_sender(device, passive, |_handle, sender, passive| {
            sender.get_descriptor(CONFIGURATION_DESCRIPTOR, &mut buffer, passive)
        })?;
        buffer.truncate(length);
        Ok(buffer)
    }

    fn select_configuration(
        device: Device,
        descriptor: &Vec<u8>,
        configuration: &Configuration,
        passive: &mut Passive,
    ) -> Result<Vec<SelectedPipe>, Status> {
        with_sender(device, passive, |handle, sender, passive| {
            select_configuration::select(handle, sender, descriptor, configuration, passive)
        })
    }

    fn query_capability(
        device: Device,
        capability: Capability,
        passive: &mut Passive,
    ) -> Result<u16, Status> {
        with_sender(device, passive, |handle, _sender, passive| handle.query_capability(capability, passive))
    }

    fn record_pipes(
        device: Device,
        device_descriptor: &DeviceDescriptor,
        descriptor: Vec<u8>,
        pipes: Vec<SelectedPipe>,
        capabilities: Capabilities,
        passive: &mut Passive,
    ) -> Result<(), Status> {
        let configured = with_sender(device, passive, |handle, _sender, passive| {
            make_pipes(handle, device_descriptor, descriptor, &pipes, capabilities, passive)
        })?;
        let isoch_pipes = configured.pipes.iter().filter(|pipe| pipe.isoch.is_some()).count();
        let other_pipes = configured.pipes.len().saturating_sub(isoch_pipes);
        device.gate.lock(passive).configured = Some(configured);
        for _slot in 0..other_pipes.saturating_mul(SLOTS_PER_PIPE).saturating_add(2) {
            transfer::add_slot(device, passive)?;
        }
        for _slot in 0..isoch_pipes.saturating_mul(SLOTS_PER_PIPE) {
            transfer::add_isoch_slot(device, passive)?;
        }
        Ok(())
    }

    fn enable_interface(device: Device, passive: &mut Passive) -> Result<(), Status> {
        let interface = device.gate.lock(passive).interface.take();
        let Some(mut interface) = interface else { return Err(STATUS_INVALID_DEVICE_STATE) };
        let result = interface.enable(passive);
        device.gate.lock(passive).interface = Some(interface);
        result
    }
}

/// Puts together what the descriptor and the USB driver stack say about the pipes.
fn make_pipes(
    handle: &HandleUse,
    device_descriptor: &DeviceDescriptor,
    descriptor: Vec<u8>,
    selected: &[SelectedPipe],
    capabilities: Capabilities,
    passive: &Passive,
) -> Result<Configured, Status> {
    let speed = capabilities.speed(device_descriptor.max_packet_size_0());
    let is_usb3_stack = handle.is_usb3_stack(passive);
    let configuration = Configuration::parse(&descriptor)?;
    let mut endpoints = room_for(configuration.endpoints().len())?;
    let mut pipes = room_for(configuration.endpoints().len())?;
    for endpoint in configuration.endpoints() {
        let companion = companion_of(&descriptor, endpoint);
        let pipe = make_pipe(*endpoint, companion, selected, speed, is_usb3_stack, passive)?;
        push(&mut endpoints, *endpoint)?;
        push(&mut pipes, pipe)?;
    }
    Ok(Configured {
        device_descriptor: *device_descriptor,
        descriptor,
        endpoints,
        pipes,
        speed,
        capabilities,
        control_maximum: limits::maximum(TransferType::Control, speed, is_usb3_stack),
    })
}

/// What a `SuperSpeed` device adds to an endpoint of alternate setting 0.
fn companion_of(descriptor: &[u8], endpoint: &Endpoint) -> Option<Companion> {
    let setting = descriptors::alternate(descriptor, endpoint.interface, 0).ok()?;
    setting.endpoints().find(|found| found.endpoint.address == endpoint.address)?.companion
}

fn make_pipe(
    endpoint: Endpoint,
    companion: Option<Companion>,
    selected: &[SelectedPipe],
    speed: Speed,
    is_usb3_stack: bool,
    passive: &Passive,
) -> Result<Pipe, Status> {
    let selected = selected
        .iter()
        .find(|pipe| pipe.endpoint == endpoint.address)
        .ok_or(STATUS_DEVICE_CONFIGURATION_ERROR)?;
    let limit = match limits::maximum(endpoint.transfer_type(), speed, is_usb3_stack) {
        0 => 0,
        maximum => limits::chunk_limit(maximum, endpoint.packet_size()),
    };
    let partial = if limit == 0 { None } else { Some(PartialMdl::new(limit, passive)?) };
    let is_isoch = endpoint.transfer_type() == TransferType::Isochronous;
    let isoch =
        is_isoch.then(|| IsochPipe::new(&endpoint, companion, selected.packet_size, speed, is_usb3_stack));
    let limit = isoch.as_ref().map_or(limit, IsochPipe::max_bytes);
    let max_streams = match endpoint.transfer_type() {
        TransferType::Bulk => companion.map_or(0, |companion| companion.max_streams()),
        _ => 0,
    };
    let state = PipeState::new(selected.handle);
    Ok(Pipe { state, max_streams, limit, isoch, partial, is_taken: false })
}

fn room_for<T>(count: usize) -> Result<Vec<T>, Status> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_error| STATUS_INSUFFICIENT_RESOURCES)?;
    Ok(items)
}

/// Pushes where there is room: never allocates.
fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), Status> {
    if items.len() == items.capacity() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    items.push(item);
    Ok(())
}

impl RemoveCalls for Nt {
    type Drained = Drained;
    type Handle = UsbdRegistration;

    fn flush_dpcs(device: Device, passive: &mut Passive) {
        // Nobody sets it any more: the gate is closed.
        let _was_set = device.idle_timer.cancel(passive);
        pnp::flush_queued_dpcs(passive);
    }

    fn free_urbs(device: Device, _removing: &Removing, passive: &mut Passive) -> Drained {
        let mut gate = device.gate.lock(passive);
        let sender = gate.sender.take();
        let configured = gate.configured.take();
        let mut slots = core::mem::replace(&mut gate.slots, Pool::new());
        drop(gate);
        drop((sender, configured));
        slots.drain()
    }

    fn take_handle(device: Device, _removing: &Removing, passive: &mut Passive) -> Option<UsbdRegistration> {
        device.gate.lock(passive).handle.take()
    }

    fn close_handle(handle: UsbdRegistration, drained: Drained, _removing: &Removing, passive: &mut Passive) {
        let Ok(()) = handle.close(ClosePermit::Removing { drained, passive });
    }

    fn release_remove_lock_and_wait(device: Device, tag: Tag, _removing: &Removing, passive: &mut Passive) {
        device::release_remove_lock_and_wait(device, tag, passive);
    }

    fn detach(device: Device, _removing: &Removing, passive: &mut Passive) {
        if let Some(lower) = device.lower() {
            device::detach(lower, passive);
        }
    }

    fn delete(device: Device, _removing: &Removing, passive: &mut Passive) {
        device::drop_and_delete(device, passive);
    }
}

impl PnpCalls for Nt {
    fn minor(irp: &Irp) -> Minor {
        Minor::from_code(irp.minor())
    }

    fn offer_surprise_removal(irp: &mut Irp) -> bool {
        irp.offer_surprise_removal()
    }

    fn keep_capabilities(device: Device, irp: &mut Irp, passive: &mut Passive) {
        if let Some(capabilities) = irp.power_capabilities() {
            device.gate.lock(passive).power.capabilities = capabilities;
            power::policy::run(device);
        }
    }

    fn add_device_state(device: Device, irp: &mut Irp, passive: &mut Passive) -> usize {
        let gate = device.gate.lock(passive);
        let is_gone = matches!(gate.machine.state(), State::StartFailed | State::SurpriseRemoved);
        let is_dead = is_gone || gate.power.has_failed();
        drop(gate);
        irp.information() | if is_dead { PNP_DEVICE_FAILED } else { 0 }
    }

    fn usage_in_path(irp: &Irp) -> bool {
        irp.usage_in_path()
    }

    fn information(irp: &Irp) -> usize {
        irp.information()
    }
}
