//! Enumerating and starting a device.

use nt_trace::NtStatus;

use super::{NewDevice, NodeState, add_device, irp, node, other, remove};
use crate::{
    abi::{
        irp_minor::{IRP_MN_DEVICE_ENUMERATED, IRP_MN_START_DEVICE},
        status::STATUS_OBJECT_NAME_COLLISION,
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// A device was plugged in: it is enumerated, its stack is built, and it is started if `start` says so.
///
/// Gives the status of the first thing that failed; `STATUS_OBJECT_NAME_COLLISION` when the stack of the same
/// device instance still waits to be removed, so that nothing is built (Device Manager's code 42).
///
/// Page: `kernel/adding-a-pnp-device-to-a-running-system`.
///
/// # Errors
/// When the machine stops.
pub async fn plug(cpu: &Cpu, new: &NewDevice, start: bool) -> Result<NtStatus, Stop> {
    cpu.k().pnp_found(new)?;
    let (pdo, state) = node::begin(cpu, &new.name).await?;
    let result = if state == NodeState::Duplicate {
        Ok(STATUS_OBJECT_NAME_COLLISION)
    } else {
        install(cpu, &new.name, pdo, start).await
    };
    node::end(cpu, &new.name, result)
}

/// Asks the bus about a device, builds its stack and starts it, within an operation.
pub(super) async fn install(cpu: &Cpu, name: &str, pdo: Addr, start: bool) -> Result<NtStatus, Stop> {
    irp::capabilities(cpu, pdo).await?;
    irp::send(cpu, pdo, IRP_MN_DEVICE_ENUMERATED).await?;
    let status = add_device::build(cpu, name).await?;
    if !status.is_success() || !start {
        return Ok(status);
    }
    first_start(cpu, name, pdo).await
}

/// Starts a device whose stack is built, or that was stopped.
///
/// Page: `kernel/starting-a-device`.
///
/// # Errors
/// When the machine stops, or the device is in another state.
pub async fn start(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = match state {
        NodeState::DriversAdded => first_start(cpu, name, pdo).await,
        NodeState::Stopped | NodeState::Started => restart(cpu, name, pdo).await,
        _ => Err(node::wrong_state(name, state)),
    };
    node::end(cpu, name, result)
}

/// The first start, after which a failure brings `REMOVE`.
async fn first_start(cpu: &Cpu, name: &str, pdo: Addr) -> Result<NtStatus, Stop> {
    let done = irp::send(cpu, pdo, IRP_MN_START_DEVICE).await?;
    if done.status.is_success() {
        return after_start(cpu, name, pdo, done.status).await;
    }
    remove::send_remove(cpu, name, pdo, NodeState::Removed).await?;
    Ok(done.status)
}

/// A later start, after which a failure brings `SURPRISE_REMOVAL` and `REMOVE`.
pub(super) async fn restart(cpu: &Cpu, name: &str, pdo: Addr) -> Result<NtStatus, Stop> {
    let done = irp::send(cpu, pdo, IRP_MN_START_DEVICE).await?;
    if done.status.is_success() {
        return after_start(cpu, name, pdo, done.status).await;
    }
    remove::surprise(cpu, name, pdo, NodeState::RemovePendingCloses).await?;
    Ok(done.status)
}

/// What follows a successful start. The device can be opened, and its interfaces found, from here on.
async fn after_start(cpu: &Cpu, name: &str, pdo: Addr, status: NtStatus) -> Result<NtStatus, Stop> {
    cpu.k().set_node_state(name, NodeState::Started)?;
    if cpu.look().pnp.enhanced {
        other::unknown(cpu, pdo).await?;
    }
    irp::capabilities(cpu, pdo).await?;
    let (_, bits) = irp::device_state(cpu, pdo).await?;
    if bits & (irp::PNP_DEVICE_FAILED | irp::PNP_DEVICE_REMOVED) != 0 {
        remove::surprise(cpu, name, pdo, NodeState::RemovePendingCloses).await?;
        return Ok(status);
    }
    irp::bus_relations(cpu, pdo).await?;
    Ok(status)
}
