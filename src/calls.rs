//! Core's calls, carried out: what each step of a device's life does in the kernel.

use alloc::vec::Vec;

use usbclient_core::{
    capabilities::{Capabilities, Capability},
    descriptors::{Configuration, DeviceDescriptor},
    places::Places,
    pnp::{Event, GateCalls, Minor, PnpCalls, PolicyCalls, StartCalls, State, Step, StopCalls, Told},
    power::DeviceState,
    recovery::Tasks,
    remove::{RemoveCalls, Removing},
};
use usbclient_protocol::status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_STATE, Status};
use usbclient_registration::usbd::ClosePermit;

use crate::{
    cancel,
    events::{self, Failed},
    gate::{Configured, Gate},
    holding,
    nt::{
        Nt, Sender,
        device::{self, Device},
        irp::{Irp, Tag},
        irql::{AtMostDispatch, Passive},
        pnp, pool, power as nt_power,
        select_configuration::{self, Selected},
        slot::{Cause, Drained, Pool},
        urb::PipeHandle,
        usbd::{HandleUse, UsbdRegistration},
    },
    pipes::{self, Opened, PipeLimits},
    power,
    reader::{self, Readers},
    recovery,
};

const DEVICE_DESCRIPTOR: u8 = 1;
const CONFIGURATION_DESCRIPTOR: u8 = 2;
/// `PNP_DEVICE_FAILED`
const PNP_DEVICE_FAILED: usize = 4;
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
        holding::send_held(device, passive);
        reader::pump_all(device, passive);
        recovery::start_next(device, passive);
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

    fn tell(device: Device, told: Told) {
        events::told(device, told);
    }
}

/// Makes the event ready. False: there is nothing to wait for.
fn expect_no_users(device: Device, irql: &mut AtMostDispatch) -> bool {
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    gate.expect_no_users(&device.no_users, irql)
}

/// Runs `body` as a user of the handle, with the means to send requests in the course of PnP IRPs.
fn with_sender<R>(
    device: Device,
    passive: &mut Passive,
    body: impl FnOnce(&HandleUse, &mut Sender, &mut Passive) -> Result<R, Status>,
) -> Result<R, Status> {
    with_sender_at(device, |gate| &mut gate.sender, passive, body)
}

/// Runs `body` as a user of the handle, with the means at `place`. They are used by one at a time.
pub fn with_sender_at<R>(
    device: Device,
    place: fn(&mut Gate) -> &mut Option<Sender>,
    passive: &mut Passive,
    body: impl FnOnce(&HandleUse, &mut Sender, &mut Passive) -> Result<R, Status>,
) -> Result<R, Status> {
    let mut gate = device.gate.lock(passive);
    let sender = place(&mut gate).take();
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
    *place(gate) = sender;
    gate.give_back(handle, device, irql);
    result
}

impl PolicyCalls for Nt {
    fn come_up(device: Device, passive: &mut Passive) -> Result<(), Status> {
        power::idle::cancel(device, passive);
        if device.gate.lock(passive).power.must_come_up() {
            nt_power::ask_and_wait(device, DeviceState::D0, passive)
                .inspect_err(|&status| events::power_failed(device, Failed::ReachD0, status.nt()))?;
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

    fn offer_check_boxes(device: Device, passive: &mut Passive) {
        power::check_boxes::offer(device, passive);
    }

    fn withdraw_check_boxes(device: Device, passive: &mut Passive) {
        power::check_boxes::withdraw(device, passive);
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
        let over = reader::keep(&mut gate);
        let configured = gate.configured.take();
        let mut slots = core::mem::replace(&mut gate.slots, Pool::new());
        gate.recovery.tasks = Tasks::NONE;
        gate.files.pipes_dropped();
        drop(gate);
        over.end(device, passive);
        drop(configured);
        // A timer's DPC may still be on its way to a slot whose request is over.
        pnp::flush_queued_dpcs(passive);
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
    type Pipes = Selected;

    fn read_device_descriptor(
        device: Device,
        passive: &mut Passive,
    ) -> Result<([u8; DeviceDescriptor::SIZE], usize), Status> {
        // Not on the stack: the USB driver stack maps the buffer for the controller.
        let mut buffer = pool::try_zeroed(DeviceDescriptor::SIZE)?;
        let length = with_sender(device, passive, |_handle, sender, passive| {
            sender.get_descriptor(DEVICE_DESCRIPTOR, 0, &mut buffer, passive)
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
            sender.get_descriptor(CONFIGURATION_DESCRIPTOR, 0, &mut buffer, passive)
        })?;
        buffer.truncate(length);
        Ok(buffer)
    }

    fn select_configuration(
        device: Device,
        descriptor: &Vec<u8>,
        configuration: &Configuration,
        passive: &mut Passive,
    ) -> Result<Selected, Status> {
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
        selected: Selected,
        capabilities: Capabilities,
        passive: &mut Passive,
    ) -> Result<(), Status> {
        let speed = capabilities.speed(device_descriptor.max_packet_size_0());
        let is_usb3_stack =
            with_sender(device, passive, |handle, _sender, passive| Ok(handle.is_usb3_stack(passive)))?;
        let limits = PipeLimits { speed, is_speed_known: capabilities.is_speed_known, is_usb3_stack };
        let mut configured = Configured {
            device_descriptor: *device_descriptor,
            descriptor: Vec::new(),
            configuration: None,
            settings: Vec::new(),
            endpoints: Vec::new(),
            places: Places::NONE,
            pipes: Vec::new(),
            limits,
            capabilities,
            control_maximum: pipes::control_maximum(limits),
        };
        Opened::new(descriptor, selected, limits, passive)?.swap(&mut configured);
        let mut gate = device.gate.lock(passive);
        gate.files.pipes_made(|number| configured.has_interface(number), &configured.endpoints);
        let over = reader::reinstall(&mut gate.kept_readers, &mut configured);
        gate.configured = Some(configured);
        drop(gate);
        over.end(device, passive);
        recovery::prepare(device, passive)?;
        pipes::make_slots(device, passive)?;
        reader::provide_slots(&mut device.gate.lock(passive));
        Ok(())
    }

    fn enable_interface(device: Device, passive: &mut Passive) -> Result<(), Status> {
        let interface = device.gate.lock(passive).interface.take();
        let Some(mut interface) = interface else { return Err(STATUS_INVALID_DEVICE_STATE) };
        let result = interface.enable(passive);
        device.gate.lock(passive).interface = Some(interface);
        if result.is_ok() {
            tell_started(device, passive);
        }
        result
    }
}

/// Tells event tracing that START has succeeded. The interface is on: the device is configured.
fn tell_started(device: Device, irql: &mut AtMostDispatch) {
    let gate = device.gate.lock(irql);
    let what = gate.configured.as_ref().map(|known| (known.device_descriptor, known.pipes.len()));
    drop(gate);
    if let Some((descriptor, pipes)) = what {
        events::device_started(device, &descriptor, pipes);
    }
}

impl RemoveCalls for Nt {
    type Drained = Drained;
    type Handle = UsbdRegistration;

    fn flush_dpcs(device: Device, passive: &mut Passive) {
        // Nobody sets them any more: the gate is closed, and nothing is held.
        let _was_set = device.idle_timer.cancel(passive);
        let _was_set = device.held_timer.cancel(passive);
        pnp::flush_queued_dpcs(passive);
    }

    fn free_urbs(device: Device, _removing: &Removing, passive: &mut Passive) -> Drained {
        let mut gate = device.gate.lock(passive);
        let senders = (gate.sender.take(), gate.recovery.sender.take());
        let configured = gate.configured.take();
        let readers = core::mem::replace(&mut gate.kept_readers, Readers::new());
        let mut slots = core::mem::replace(&mut gate.slots, Pool::new());
        drop(gate);
        drop((senders, configured, readers));
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
