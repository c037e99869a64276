//! The ways in which a device goes.

use nt_trace::NtStatus;

use super::{NodeState, irp, node, start};
use crate::{
    abi::{
        irp_minor::{
            IRP_MN_CANCEL_REMOVE_DEVICE, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE,
            IRP_MN_SURPRISE_REMOVAL,
        },
        status::{STATUS_DEVICE_BUSY, STATUS_OBJECT_NAME_COLLISION, STATUS_SUCCESS},
    },
    kernel::io::user::wait_until_closed,
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

/// `QUERY_REMOVE`. When a driver refuses, or the drivers agree but a file is open, they are told by
/// `CANCEL_REMOVE`; the second gives `STATUS_DEVICE_BUSY`.
///
/// Page: `kernel/handling-an-irp-mn-query-remove-device-request`.
///
/// # Errors
/// When the machine stops, or the device has no stack.
pub async fn query_remove(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = ask(cpu, name, pdo, state).await;
    node::end(cpu, name, result)
}

/// `QUERY_REMOVE`, then somebody else refuses: `CANCEL_REMOVE`.
///
/// Page: `kernel/handling-an-irp-mn-cancel-remove-device-request`.
///
/// # Errors
/// When the machine stops, or the device has no stack.
pub async fn cancel_remove(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = ask_and_cancel(cpu, name, pdo, state).await;
    node::end(cpu, name, result)
}

/// Only `CANCEL_REMOVE`: a query that a driver above refused may bring one that nobody below saw a query for.
///
/// # Errors
/// When the machine stops.
pub async fn spurious_cancel_remove(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let back = if state == NodeState::QueryRemoved { NodeState::Started } else { state };
    let result = cancel(cpu, name, pdo, back).await;
    node::end(cpu, name, result)
}

/// The user removes or disables the device: `QUERY_REMOVE`, then `REMOVE`. The device itself stays. Gives the
/// status of the first thing that failed.
///
/// Page: `kernel/removing-a-device-in-an-orderly-manner`.
///
/// # Errors
/// When the machine stops, or the device has no stack.
pub async fn orderly_removal(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = ask_and_remove(cpu, name, pdo, state).await;
    node::end(cpu, name, result)
}

/// Only `REMOVE`, whatever came before it and whatever is open. The device itself stays.
///
/// Page: `kernel/handling-an-irp-mn-remove-device-request`.
///
/// # Errors
/// When the machine stops, or the device has no stack.
pub async fn remove(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let after = match state {
        NodeState::DeletePendingCloses => NodeState::Deleted,
        _ => NodeState::Removed,
    };
    let result = if state.has_stack() {
        send_remove(cpu, name, pdo, after).await
    } else {
        Err(node::wrong_state(name, state))
    };
    node::end(cpu, name, result)
}

/// Builds and starts the stack of a device that was disabled, or whose stack is gone for another reason.
///
/// # Errors
/// When the machine stops, or the device has a stack.
pub async fn enable(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = match state {
        NodeState::Duplicate if has_twin(cpu, name)? => Ok(STATUS_OBJECT_NAME_COLLISION),
        NodeState::Initialized | NodeState::Duplicate | NodeState::Removed => {
            start::install(cpu, name, pdo, true).await
        }
        _ => Err(node::wrong_state(name, state)),
    };
    node::end(cpu, name, result)
}

/// The device has gone (`pulled`) or failed: `SURPRISE_REMOVAL` at once, and `REMOVE` when the last file on the
/// stack is closed. Goes on after the first if a file is open.
///
/// Page: `kernel/handling-an-irp-mn-surprise-removal-request`.
///
/// # Errors
/// When the machine stops.
pub async fn surprise_removal(cpu: &Cpu, name: &str, pulled: bool) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = match state {
        NodeState::Deleted => Err(node::wrong_state(name, state)),
        NodeState::RemovePendingCloses | NodeState::DeletePendingCloses => {
            let state = if pulled { NodeState::DeletePendingCloses } else { state };
            cpu.k().set_node_state(name, state).map(|()| STATUS_SUCCESS)
        }
        _ if state.has_stack() => {
            let pending =
                if pulled { NodeState::DeletePendingCloses } else { NodeState::RemovePendingCloses };
            surprise(cpu, name, pdo, pending).await
        }
        // Only the bus knows of it: its device object is told to go.
        _ if pulled => send_remove(cpu, name, pdo, NodeState::Deleted).await,
        _ => Err(node::wrong_state(name, state)),
    };
    node::end(cpu, name, result)
}

fn has_twin(cpu: &Cpu, name: &str) -> Result<bool, Stop> {
    let kernel = cpu.look();
    let instance = &kernel.node(name)?.instance;
    let mut others = kernel.pnp.nodes.iter().filter(|(other, _)| *other != name);
    Ok(others.any(|(_, node)| node.instance == *instance && node.state != NodeState::Deleted))
}

async fn ask(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<NtStatus, Stop> {
    if !matches!(state, NodeState::Started | NodeState::DriversAdded) {
        return Err(node::wrong_state(name, state));
    }
    irp::relations(cpu, pdo, irp::REMOVAL_RELATIONS).await?;
    let done = irp::send(cpu, pdo, IRP_MN_QUERY_REMOVE_DEVICE).await?;
    let busy = cpu.look().open_files(pdo) > 0;
    if done.status.is_success() && !busy {
        cpu.k().set_node_state(name, NodeState::QueryRemoved)?;
        return Ok(done.status);
    }
    irp::send(cpu, pdo, IRP_MN_CANCEL_REMOVE_DEVICE).await?;
    Ok(if done.status.is_success() { STATUS_DEVICE_BUSY } else { done.status })
}

async fn cancel(cpu: &Cpu, name: &str, pdo: Addr, back: NodeState) -> Result<NtStatus, Stop> {
    let done = irp::send(cpu, pdo, IRP_MN_CANCEL_REMOVE_DEVICE).await?;
    if cpu.look().node(name)?.state != back {
        cpu.k().set_node_state(name, back)?;
    }
    Ok(done.status)
}

async fn ask_and_cancel(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<NtStatus, Stop> {
    let status = ask(cpu, name, pdo, state).await?;
    if !status.is_success() {
        return Ok(status);
    }
    cancel(cpu, name, pdo, state).await
}

async fn ask_and_remove(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<NtStatus, Stop> {
    if state != NodeState::QueryRemoved {
        let status = ask(cpu, name, pdo, state).await?;
        if !status.is_success() {
            return Ok(status);
        }
    }
    send_remove(cpu, name, pdo, NodeState::Removed).await
}

/// `SURPRISE_REMOVAL`, and `REMOVE` now or when the last file is closed, within an operation.
pub(super) async fn surprise(cpu: &Cpu, name: &str, pdo: Addr, pending: NodeState) -> Result<NtStatus, Stop> {
    let done = irp::send(cpu, pdo, IRP_MN_SURPRISE_REMOVAL).await?;
    cpu.k().set_node_state(name, pending)?;
    if cpu.look().open_files(pdo) == 0 {
        send_remove(cpu, name, pdo, after(pending)).await?;
        return Ok(done.status);
    }
    let device = name.to_owned();
    cpu.k().sched.spawn("PnP manager: delayed removal", PASSIVE_LEVEL, move |cpu| async move {
        remove_when_closed(&cpu, &device, pdo).await
    });
    Ok(done.status)
}

const fn after(pending: NodeState) -> NodeState {
    match pending {
        NodeState::DeletePendingCloses => NodeState::Deleted,
        _ => NodeState::Removed,
    }
}

async fn remove_when_closed(cpu: &Cpu, name: &str, pdo: Addr) -> Result<(), Stop> {
    node::may_wait_for_ever(cpu, true);
    wait_until_closed(cpu, pdo).await;
    node::may_wait_for_ever(cpu, false);
    node::begin(cpu, name).await?;
    let result = match pending(cpu, name, pdo) {
        Ok(Some(state)) => send_remove(cpu, name, pdo, after(state)).await.map(drop),
        Ok(None) => Ok(()),
        Err(stop) => Err(stop),
    };
    node::end(cpu, name, result)
}

/// The state of a stack that still waits to be removed.
fn pending(cpu: &Cpu, name: &str, pdo: Addr) -> Result<Option<NodeState>, Stop> {
    let kernel = cpu.look();
    let node = kernel.node(name)?;
    let waits = matches!(node.state, NodeState::RemovePendingCloses | NodeState::DeletePendingCloses);
    Ok((waits && node.pdo == pdo).then_some(node.state))
}

/// `REMOVE`, within an operation.
pub(super) async fn send_remove(
    cpu: &Cpu,
    name: &str,
    pdo: Addr,
    after: NodeState,
) -> Result<NtStatus, Stop> {
    if cpu.look().is_deleted(pdo) {
        // An earlier REMOVE came when the bus had found the device missing: nobody is left to be told.
        cpu.k().set_node_state(name, after)?;
        return Ok(STATUS_SUCCESS);
    }
    let done = irp::send(cpu, pdo, IRP_MN_REMOVE_DEVICE).await?;
    cpu.k().set_node_state(name, after)?;
    Ok(done.status)
}
