//! Core's calls, carried out: what each step of a device's life does in the kernel.
//!
//! | module | what it does |
//! |---|---|
//! | `start` | reads descriptors, selects the configuration, makes the pipes, turns the interface on |
//! | `stop` | brings back what is in flight, drops the pipes |
//! | `remove` | frees the URBs, closes the handle, deletes the device |
//! | `pnp` | what other PnP IRPs ask |

mod pnp;
mod remove;
mod start;
mod stop;

use usbclient_core::{
    pnp::{Event, GateCalls, PolicyCalls, Step, Told},
    power::DeviceState,
};
use usbclient_protocol::status::{STATUS_INVALID_DEVICE_STATE, Status};

pub use self::stop::recall;
use crate::{
    cancel,
    events::{self, Failed},
    gate::Gate,
    holding,
    nt::{
        Nt, Sender,
        device::Device,
        irql::{AtMostDispatch, Passive},
        power as nt_power,
        slot::Cause,
        usbd::HandleUse,
    },
    power, reader, recovery,
};

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
    let (handle, mut sender) = lend_sender(device, place, passive)?;
    let result = body(&handle, &mut sender, passive);
    take_back(device, place, handle, Some(sender), passive);
    result
}

/// The means and a use of the handle. Without a handle the means stay where removal finds them.
#[inline(never)]
fn lend_sender(
    device: Device,
    place: fn(&mut Gate) -> &mut Option<Sender>,
    passive: &mut Passive,
) -> Result<(HandleUse, Sender), Status> {
    let mut gate = device.gate.lock(passive);
    let handle = gate.lend_handle().ok_or(STATUS_INVALID_DEVICE_STATE)?;
    let sender = place(&mut gate).take();
    drop(gate);
    match sender.map_or_else(|| Sender::allocate(device, &handle, passive), Ok) {
        Ok(sender) => Ok((handle, sender)),
        Err(status) => {
            take_back(device, place, handle, None, passive);
            Err(status)
        }
    }
}

/// Undoes [`lend_sender`].
#[inline(never)]
fn take_back(
    device: Device,
    place: fn(&mut Gate) -> &mut Option<Sender>,
    handle: HandleUse,
    sender: Option<Sender>,
    passive: &mut Passive,
) {
    let mut guard = device.gate.lock(passive);
    let (gate, irql) = guard.split();
    *place(gate) = sender;
    gate.give_back(handle, device, irql);
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
