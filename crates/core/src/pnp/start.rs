//! `IRP_MN_START_DEVICE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/starting-a-device-in-a-function-driver>

use usbclient_protocol::status::{
    STATUS_DEVICE_NOT_CONNECTED, STATUS_INVALID_DEVICE_STATE, STATUS_SUCCESS, Status,
};

use super::{
    Event, Reason, StartCalls, State, Step,
    told::{StartStep, Telling as _},
};
use crate::{
    capabilities::Capabilities,
    descriptors::{Configuration, ConfigurationHeader, DeviceDescriptor},
    dispatch::{Disposition, Fdo, Irp, RemoveGuard},
};

/// START while started holds I/O, because the pipes are about to change.
pub(super) const fn arrives(state: State) -> Step {
    match state {
        State::NotStarted | State::Stopped => Step::Stays(state),
        State::Started => Step::To { from: State::Started, to: State::Stopped },
        State::StopPending | State::RemovePending => Step::Impossible(Reason::QueryNotAnswered),
        State::StartFailed => Step::Impossible(Reason::StartHadFailed),
        State::SurpriseRemoved => Step::Impossible(Reason::OnlyRemoveFollows),
        State::Removed => Step::Impossible(Reason::NothingFollows),
    }
}

pub(super) const fn succeeds(state: State) -> Step {
    match state {
        State::NotStarted | State::Stopped => Step::To { from: state, to: State::Started },
        _ => Step::Impossible(Reason::NoStartRunning),
    }
}

/// A start can fail after the gate was opened: enabling the interface is its last step.
pub(super) const fn fails(state: State) -> Step {
    match state {
        State::NotStarted | State::Stopped | State::Started => {
            Step::To { from: state, to: State::StartFailed }
        }
        _ => Step::Impossible(Reason::NoStartRunning),
    }
}

/// Forwards the IRP, waits, then starts the device. A failure of the lower drivers is returned as it is and nothing
/// is touched; a failure of our own is undone. The `USBD_HANDLE` is kept in either case: REMOVE closes it.
pub(super) fn start<'d, C: StartCalls>(
    fdo: &Fdo<'d, C>,
    mut irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    let device = fdo.device();
    match C::change(device, Event::StartArrives, passive) {
        Step::To { .. } => {
            C::disarm(device, passive);
            // Without D0 nothing can be taken back; the START goes down all the same.
            let _result = C::come_up(device, passive);
            take_back::<C>(device, passive);
        }
        Step::Stays(_) => {}
        // Sent down, it would report a start that did not happen here.
        Step::Impossible(_) => return irp.complete(guard, STATUS_INVALID_DEVICE_STATE.nt(), 0),
    }
    let result = irp
        .forward_and_wait(&guard, passive)
        .check()
        .tell::<C>(device, StartStep::LowerDrivers)
        .inspect_err(|_| give_up::<C>(device, passive))
        .and_then(|_| configure::<C>(device, passive))
        .and_then(|()| open::<C>(device, passive));
    match result {
        Ok(()) => irp.complete(guard, STATUS_SUCCESS, 0),
        Err(status) => irp.complete(guard, status.nt(), 0),
    }
}

/// A START came while the device was started: its pipes are taken back first, as in STOP.
fn take_back<C: StartCalls>(device: C::Device, passive: &mut C::Passive) {
    C::recall_in_flight(device, passive);
    C::drop_pipes(device, passive);
    C::deconfigure(device, passive);
}

/// The start failed before anything was selected: what was held since STOP ends now.
fn give_up<C: StartCalls>(device: C::Device, passive: &mut C::Passive) {
    let _ = C::change(device, Event::StartFails, passive);
    C::fail_held(device, STATUS_DEVICE_NOT_CONNECTED, passive);
}

/// Reads and validates the descriptors, selects the configuration, asks for the capabilities and records it all.
fn configure<C: StartCalls>(device: C::Device, passive: &mut C::Passive) -> Result<(), Status> {
    let read = read_descriptors::<C>(device, passive);
    let (device_descriptor, descriptor, configuration) =
        read.inspect_err(|_| give_up::<C>(device, passive))?;
    let pipes = C::select_configuration(device, &descriptor, &configuration, passive)
        .tell::<C>(device, StartStep::SelectConfiguration)
        .inspect_err(|_| give_up::<C>(device, passive))?;
    let capabilities = Capabilities::ask::<C>(device, passive);
    C::record_pipes(device, &device_descriptor, descriptor, pipes, capabilities, passive)
        .tell::<C>(device, StartStep::Pipes)
        .inspect_err(|_| {
            give_up::<C>(device, passive);
            C::drop_pipes(device, passive);
            C::deconfigure(device, passive);
        })
}

/// The device descriptor, and configuration 0: nine bytes first, then as many as they say.
fn read_descriptors<C: StartCalls>(
    device: C::Device,
    passive: &mut C::Passive,
) -> Result<(DeviceDescriptor, C::Descriptor, Configuration), Status> {
    let step = StartStep::DeviceDescriptor;
    let (bytes, length) = C::read_device_descriptor(device, passive).tell::<C>(device, step)?;
    let given = bytes.get(..length).unwrap_or(&bytes);
    let device_descriptor = DeviceDescriptor::parse(given).tell::<C>(device, step)?;
    let step = StartStep::ConfigurationDescriptor;
    let header = C::read_configuration_descriptor(device, ConfigurationHeader::SIZE, passive)
        .tell::<C>(device, step)?;
    let total_length = ConfigurationHeader::parse(header.as_ref()).tell::<C>(device, step)?.total_length;
    let descriptor =
        C::read_configuration_descriptor(device, total_length, passive).tell::<C>(device, step)?;
    let configuration = Configuration::parse(descriptor.as_ref()).tell::<C>(device, step)?;
    Ok((device_descriptor, descriptor, configuration))
}

/// Opens the gate, starts what is held, and enables the interface; if that fails, takes everything back.
fn open<C: StartCalls>(device: C::Device, passive: &mut C::Passive) -> Result<(), Status> {
    C::read_settings(device, passive);
    let _ = C::change(device, Event::StartSucceeds, passive);
    C::start_held(device, passive);
    C::run_policy(device, passive);
    C::offer_check_boxes(device, passive);
    C::enable_interface(device, passive).tell::<C>(device, StartStep::Interface).inspect_err(|_| {
        C::disarm(device, passive);
        C::withdraw_check_boxes(device, passive);
        C::disable_interface(device, passive);
        give_up::<C>(device, passive);
        C::cancel_in_flight(device, passive);
        C::wait_for_requests(device, passive);
        C::drop_pipes(device, passive);
        C::deconfigure(device, passive);
    })
}
