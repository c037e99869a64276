//! Stopping a device to balance resources.

use nt_trace::NtStatus;

use super::{NodeState, filter, irp, node, start};
use crate::{
    abi::{
        irp_minor::{
            IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_FILTER_RESOURCE_REQUIREMENTS,
            IRP_MN_QUERY_RESOURCE_REQUIREMENTS, IRP_MN_QUERY_STOP_DEVICE, IRP_MN_STOP_DEVICE,
        },
        status::STATUS_SUCCESS,
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// `QUERY_STOP`. When a driver refuses, the others are told by `CANCEL_STOP`.
///
/// Page: `kernel/handling-an-irp-mn-query-stop-device-request`.
///
/// # Errors
/// When the machine stops, or the device is not started.
pub async fn query_stop(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = ask(cpu, name, pdo, state).await;
    node::end(cpu, name, result)
}

/// `STOP` of a device that agreed to it.
///
/// Page: `kernel/handling-an-irp-mn-stop-device-request`.
///
/// # Errors
/// When the machine stops, or the device did not agree.
pub async fn stop(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = halt(cpu, name, pdo, state).await;
    node::end(cpu, name, result)
}

/// `QUERY_STOP`, then `CANCEL_STOP`, because there are no other resources to give.
///
/// Page: `kernel/handling-an-irp-mn-cancel-stop-device-request`.
///
/// # Errors
/// When the machine stops, or the device is not started.
pub async fn cancel_stop(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = ask_and_cancel(cpu, name, pdo, state).await;
    node::end(cpu, name, result)
}

/// Only `CANCEL_STOP`: a query that a driver above refused may bring one that nobody below saw a query for.
///
/// # Errors
/// When the machine stops.
pub async fn spurious_cancel_stop(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = cancel(cpu, name, pdo, state).await;
    node::end(cpu, name, result)
}

/// Balances resources: `QUERY_STOP`, the questions about resources, `STOP`, `START`.
///
/// With `fail_restart` the filter above fails `START` after the driver below it has started;
/// `SURPRISE_REMOVAL` and `REMOVE` follow. Gives the status of the first thing that failed.
///
/// Page: `kernel/stopping-a-device-to-rebalance-resources`.
///
/// # Errors
/// When the machine stops, or the device is not started.
pub async fn rebalance(cpu: &Cpu, name: &str, fail_restart: bool) -> Result<NtStatus, Stop> {
    if fail_restart {
        filter::fail_start(&mut cpu.k(), name)?;
    }
    let (pdo, state) = node::begin(cpu, name).await?;
    let result = stop_and_start(cpu, name, pdo, state).await;
    node::end(cpu, name, result)
}

async fn ask(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<NtStatus, Stop> {
    if state != NodeState::Started {
        return Err(node::wrong_state(name, state));
    }
    let done = irp::send(cpu, pdo, IRP_MN_QUERY_STOP_DEVICE).await?;
    if done.status.is_success() {
        cpu.k().set_node_state(name, NodeState::QueryStopped)?;
    } else {
        irp::send(cpu, pdo, IRP_MN_CANCEL_STOP_DEVICE).await?;
    }
    Ok(done.status)
}

async fn halt(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<NtStatus, Stop> {
    if state != NodeState::QueryStopped {
        return Err(node::wrong_state(name, state));
    }
    let done = irp::send(cpu, pdo, IRP_MN_STOP_DEVICE).await?;
    cpu.k().set_node_state(name, NodeState::Stopped)?;
    Ok(done.status)
}

async fn cancel(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<NtStatus, Stop> {
    let done = irp::send(cpu, pdo, IRP_MN_CANCEL_STOP_DEVICE).await?;
    if state == NodeState::QueryStopped {
        cpu.k().set_node_state(name, NodeState::Started)?;
    }
    Ok(done.status)
}

async fn ask_and_cancel(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<NtStatus, Stop> {
    let status =
        if state == NodeState::QueryStopped { STATUS_SUCCESS } else { ask(cpu, name, pdo, state).await? };
    if !status.is_success() {
        return Ok(status);
    }
    cancel(cpu, name, pdo, NodeState::QueryStopped).await
}

async fn stop_and_start(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<NtStatus, Stop> {
    let status = ask(cpu, name, pdo, state).await?;
    if !status.is_success() {
        return Ok(status);
    }
    irp::send(cpu, pdo, IRP_MN_QUERY_RESOURCE_REQUIREMENTS).await?;
    irp::send(cpu, pdo, IRP_MN_FILTER_RESOURCE_REQUIREMENTS).await?;
    let status = halt(cpu, name, pdo, NodeState::QueryStopped).await?;
    if !status.is_success() {
        return Ok(status);
    }
    start::restart(cpu, name, pdo).await
}
