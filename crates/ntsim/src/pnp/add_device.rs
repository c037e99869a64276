//! Building a device's stack.

use nt_trace::{NtStatus, event::Callback};

use super::{NodeState, filter, irp, node};
use crate::{
    abi::{
        DRIVER_EXTENSION, DRIVER_OBJECT,
        irp_minor::{IRP_MN_FILTER_RESOURCE_REQUIREMENTS, IRP_MN_REMOVE_DEVICE},
        status::{STATUS_INVALID_DEVICE_STATE, STATUS_NO_SUCH_DEVICE},
    },
    kernel::{
        callback::{self, Frame},
        io::HOST_ROUTINE,
    },
    mem::Addr,
    ndis,
    sched::Cpu,
    stop::Stop,
};

/// Builds the stack of a device that has none: `AddDevice` of the driver, then the filter above.
///
/// When one of them fails, the stack that was built so far is removed. Gives the status of the first that
/// failed.
///
/// Page: `wdm/nc-wdm-driver_add_device`.
///
/// # Errors
/// When the machine stops, or the device has a stack.
pub async fn add_device(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (_, state) = node::begin(cpu, name).await?;
    let result = match state {
        NodeState::Initialized | NodeState::Removed => build(cpu, name).await,
        _ => Err(node::wrong_state(name, state)),
    };
    node::end(cpu, name, result)
}

/// As [`add_device`], within an operation.
pub(super) async fn build(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let (pdo, with_filter) = {
        let kernel = cpu.look();
        let node = kernel.node(name)?;
        (node.pdo, node.filter || kernel.pnp.asserting)
    };
    cpu.k().watch_new_stack(pdo);
    let mut status = call_add_device(cpu, pdo).await?;
    if status.is_success() && cpu.look().top_of_stack(pdo)? == pdo {
        // A function driver that reports success without a device object leaves nobody to start.
        status = STATUS_INVALID_DEVICE_STATE;
    }
    if status.is_success() && with_filter {
        status = filter::add(&mut cpu.k(), name, pdo)?;
    }
    if status.is_success() {
        cpu.k().set_node_state(name, NodeState::DriversAdded)?;
        irp::send(cpu, pdo, IRP_MN_FILTER_RESOURCE_REQUIREMENTS).await?;
        return Ok(status);
    }
    if cpu.look().top_of_stack(pdo)? != pdo {
        irp::send(cpu, pdo, IRP_MN_REMOVE_DEVICE).await?;
    }
    cpu.k().set_node_state(name, NodeState::Removed)?;
    Ok(status)
}

async fn call_add_device(cpu: &Cpu, pdo: Addr) -> Result<NtStatus, Stop> {
    let (driver, routine, what) = {
        let kernel = cpu.look();
        let driver = kernel.pnp.driver;
        if driver.is_null() {
            return Ok(STATUS_NO_SUCH_DEVICE);
        }
        let extension = kernel.mem.at::<DRIVER_OBJECT>(driver)?.DriverExtension;
        let routine = kernel.mem.at::<DRIVER_EXTENSION>(extension)?.AddDevice;
        (driver, routine, Callback::AddDevice { pdo: kernel.object(pdo) })
    };
    if routine.is_null() {
        return Ok(STATUS_NO_SUCH_DEVICE);
    }
    if routine == HOST_ROUTINE {
        return ndis::add_device(&mut cpu.k(), driver, pdo);
    }
    let frame = Frame { device: Addr::NULL, irp: Addr::NULL };
    let result = callback::call_in(cpu, what, routine, &[driver, pdo], frame).await?;
    Ok(callback::low_half(result))
}
