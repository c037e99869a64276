//! The policy's work item: one job after the other, until there is none.
//!
//! Asking for D0 from here and never from a transfer's way keeps the power manager out of it.

use usbclient_core::power::Job;
use usbclient_protocol::status::STATUS_DELETE_PENDING;

use super::{idle, timer, wake};
use crate::{
    cancel,
    events::{self, Failed},
    nt::{
        device::Device,
        irql::{AtMostDispatch, Passive},
        power as nt,
        work_item::{self, Work, WorkItem},
    },
};

/// The work item.
pub struct Policy;

/// Has the policy look at the state of things. IRQL: `DISPATCH_LEVEL` or below.
pub fn run(device: Device) {
    // Refused: the device is being removed, which does all that is left.
    let _is_queued = work_item::queue::<Policy>(device);
}

/// The same, if there is something to do.
pub fn run_if_needed(device: Device, irql: &mut AtMostDispatch) {
    let gate = device.gate.lock(irql);
    let is_needed = gate.has_power_job() || gate.waits_for_passive() || gate.needs_idle_timer();
    drop(gate);
    if is_needed {
        run(device);
    }
}

impl Work for Policy {
    fn item(device: &Device) -> &WorkItem {
        &device.policy
    }

    fn run(device: Device, passive: &mut Passive) {
        loop {
            let mut gate = device.gate.lock(passive);
            let facts = gate.facts();
            let job = gate.power.next_job(facts);
            drop(gate);
            match job {
                None => break,
                Some(Job::RequestUp) => request_up(device, passive),
                Some(Job::Arm) => wake::arm(device, passive),
                Some(Job::Disarm) => wake::cancel(device, passive),
                Some(Job::SubmitIdle) => idle::submit(device, passive),
                Some(Job::CancelIdle) => idle::cancel(device, passive),
            }
        }
        crate::recovery::start_next(device, passive);
        timer::set_if_needed(device, passive);
    }
}

/// Asks for D0. If it cannot be had, what waits for it ends.
fn request_up(device: Device, passive: &mut Passive) {
    let Err(status) = nt::ask_d0(device, passive) else { return };
    events::power_failed(device, Failed::RequestD0, status.nt());
    device.gate.lock(passive).power.up_refused();
    if status != STATUS_DELETE_PENDING {
        cancel::fail_held(device, status, passive, |_key, _file| true);
    }
}
