//! A part of the device is made quiet, and goes on.

use usbclient_core::{
    endpoint_set::EndpointSet,
    recovery::{QuietCalls, Scope},
};
use usbclient_protocol::status::Status;

use super::gone;
use crate::{
    cancel,
    gate::Gate,
    holding,
    nt::{Nt, device::Device, irql::Passive, slot::Cause},
    reader,
};

/// How long a wait lasts before the device's state is looked at again.
const GLANCE_MS: u32 = 50;
/// How many such waits requests may take that were cancelled: five seconds.
const GLANCES: u32 = 100;

impl QuietCalls for Nt {
    fn hold(device: Device, scope: Scope, passive: &mut Passive) {
        set_held(&mut device.gate.lock(passive), scope, true);
    }

    fn cancel(device: Device, scope: Scope, passive: &mut Passive) {
        let part = endpoints(&device.gate.lock(passive), scope);
        cancel::cancel_in_flight(device, Cause::Recovery, passive, |entry| part.contains(entry.endpoint));
    }

    fn wait_until_quiet(device: Device, scope: Scope, passive: &mut Passive) -> bool {
        let mut glances = 0;
        let is_quiet = loop {
            if is_quiet(device, scope, passive) {
                break true;
            }
            // Woken by a request that ended: one of finitely many, as no new one passes.
            if !device.quiet.wait_at_most(passive, GLANCE_MS) {
                glances = u32::saturating_add(glances, 1);
                if glances == GLANCES || Self::still_there(device, passive).is_err() {
                    break false;
                }
            }
        };
        device.gate.lock(passive).recovery.is_awaited = false;
        is_quiet
    }

    fn still_there(device: Device, passive: &mut Passive) -> Result<(), Status> {
        gone(&device.gate.lock(passive))
    }

    fn resume(device: Device, scope: Scope, passive: &mut Passive) {
        set_held(&mut device.gate.lock(passive), scope, false);
        holding::send_held(device, passive);
        let part = endpoints(&device.gate.lock(passive), scope);
        reader::resume(device, passive, |endpoint| part.contains(endpoint));
    }
}

/// Looks, and makes the event ready for the next look.
fn is_quiet(device: Device, scope: Scope, passive: &mut Passive) -> bool {
    let mut guard = device.gate.lock(passive);
    let (gate, irql) = guard.split();
    let part = endpoints(gate, scope);
    device.quiet.clear(irql);
    gate.recovery.is_awaited = true;
    !gate.slots.any(|entry| part.contains(entry.endpoint))
}

/// The endpoints of a part of the device, as it is configured now.
pub(super) fn endpoints(gate: &Gate, scope: Scope) -> EndpointSet {
    let mut set = EndpointSet::NONE;
    match scope {
        Scope::Device => return EndpointSet::ALL,
        Scope::Pipe(address) => set.insert(address),
        Scope::Interface(number) => {
            let endpoints = gate.configured.iter().flat_map(|configured| &configured.endpoints);
            for endpoint in endpoints.filter(|endpoint| endpoint.interface == number) {
                set.insert(endpoint.address);
            }
        }
    }
    set
}

/// Takes a part of the device out of use, or puts it back. Pipes that were replaced meanwhile are new.
pub(super) fn set_held(gate: &mut Gate, scope: Scope, is_held: bool) {
    if scope == Scope::Device {
        gate.recovery.is_device_held = is_held;
        return;
    }
    let part = endpoints(gate, scope);
    let Some(configured) = gate.configured.as_mut() else { return };
    for (endpoint, pipe) in configured.endpoints.iter().zip(&mut configured.pipes) {
        if part.contains(endpoint.address) {
            pipe.is_held = is_held;
        }
    }
}
