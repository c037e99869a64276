//! Policies of pipes and of the device.

use usbclient_core::descriptors::Endpoint;
use usbclient_protocol::{
    PolicyValue, policy,
    status::{STATUS_DEVICE_NOT_READY, STATUS_SUCCESS, Status},
};

use super::{Missing, Plan, told, transfers::pipe_of};
use crate::{events::Change, gate::Gate, nt::irp::Irp, replies};

/// `GET_POLICY`
pub(super) fn get(
    gate: &mut Gate,
    irp: &mut Irp,
    endpoint: Option<Endpoint>,
    policy: u32,
) -> Result<Plan, Status> {
    let value = match endpoint {
        None => of_device(gate, policy)?,
        Some(endpoint) => {
            let limit = pipe_of(&mut gate.configured, endpoint.address)?.limit;
            gate.policies.of(endpoint.address).get(endpoint, policy, limit)?
        }
    };
    replies::bytes(irp, &PolicyValue { value }.encode())
}

/// The value of a policy of the device or of its default pipe.
fn of_device(gate: &Gate, policy: u32) -> Result<u32, Status> {
    if let Some(value) = gate.power.settings.policy(policy) {
        return Ok(value);
    }
    let configured = gate.configured.as_ref().ok_or(STATUS_DEVICE_NOT_READY)?;
    gate.policies.default_pipe(policy, configured.control_maximum)
}

/// `SET_POLICY`
pub(super) fn set(gate: &mut Gate, endpoint: Option<Endpoint>, policy: u32, value: u32) -> Plan {
    let address = endpoint.map_or(0, |endpoint| endpoint.address);
    let planned = match endpoint {
        None => set_of_device(gate, policy, value),
        Some(endpoint) => set_of_pipe(gate, endpoint, policy, value),
    };
    told(Change::Policy { endpoint: address, policy, value }, planned)
}

/// A policy of the device, or of its default pipe.
fn set_of_device(gate: &mut Gate, policy: u32, value: u32) -> Result<Plan, Status> {
    match gate.power.settings.set_policy(policy, value) {
        Some(result) => result?,
        None => gate.policies.set_default_pipe(policy, value)?,
    }
    Ok(Plan::Complete(STATUS_SUCCESS, 0))
}

/// A policy that needs the bounce packet is not set without one.
fn set_of_pipe(gate: &mut Gate, endpoint: Endpoint, policy: u32, value: u32) -> Result<Plan, Status> {
    let mut policies = gate.policies.of(endpoint.address);
    policies.set(endpoint, policy, value)?;
    let pipe = pipe_of(&mut gate.configured, endpoint.address)?;
    if policy == policy::ALLOW_PARTIAL_READS && value != 0 && !pipe.has_bounce {
        let packet = endpoint.packet_size();
        return Ok(Plan::Missing(Missing::Bounce { endpoint: endpoint.address, packet }));
    }
    if let Some(place) = gate.policies.of_mut(endpoint.address) {
        *place = policies;
    }
    Ok(Plan::Complete(STATUS_SUCCESS, 0))
}
