//! A filter driver above the driver under test: it passes everything on, and fails what a script tells it to.
//!
//! Like the filter of Microsoft's device fundamentals tests it sits above, so that a query can be refused, or a
//! start undone, after the driver below has agreed. In the lives of campaigns it is above every device, and looks at
//! each IRP on its way up ([`super::watch`]).

use std::rc::Rc;

use nt_trace::{NtStatus, event::Actor};
use serde::{Deserialize, Serialize};

use super::watch::forward_watching;
use crate::{
    abi::{
        device_flags::{DO_BUFFERED_IO, DO_DIRECT_IO, DO_POWER_PAGABLE, FILE_DEVICE_SECURE_OPEN},
        irp_major::{IRP_MJ_PNP, IRP_MJ_POWER},
        irp_minor::{
            IRP_MN_QUERY_POWER, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_QUERY_STOP_DEVICE, IRP_MN_REMOVE_DEVICE,
            IRP_MN_START_DEVICE,
        },
        status::{STATUS_DELETE_PENDING, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS, STATUS_UNSUCCESSFUL},
    },
    kernel::{
        Kernel,
        io::{DeviceSpec, LocalFuture, SimDriver, complete_request, forward, forward_and_wait},
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// What a filter can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Its own `AddDevice`, after the driver below has succeeded.
    AddDevice,
    /// `IRP_MN_START_DEVICE`
    Start,
    /// `IRP_MN_QUERY_STOP_DEVICE`
    QueryStop,
    /// `IRP_MN_QUERY_REMOVE_DEVICE`
    QueryRemove,
    /// `IRP_MN_QUERY_POWER`
    QueryPower,
}

/// When it refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// Without asking the drivers below.
    Down,
    /// After they have agreed.
    #[default]
    Up,
}

/// One failure to produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterFailure {
    /// What fails.
    pub what: Refusal,
    /// When.
    #[serde(default)]
    pub way: Way,
}

/// The code behind the filter's device object.
struct Filter {
    node: String,
}

impl SimDriver for Filter {
    fn dispatch(&self, cpu: Cpu, device: Addr, irp: Addr) -> LocalFuture<Result<NtStatus, Stop>> {
        let node = self.node.clone();
        Box::pin(async move { dispatch(&cpu, &node, device, irp).await })
    }
}

/// The filter's `AddDevice`.
pub(super) fn add(kernel: &mut Kernel, node: &str, pdo: Addr) -> Result<NtStatus, Stop> {
    if kernel.take_filter_failure(node, Refusal::AddDevice).is_some() {
        return Ok(STATUS_UNSUCCESSFUL);
    }
    if kernel.pnp.filter_driver.is_null() {
        kernel.pnp.filter_driver = kernel.create_driver("filter", Addr::NULL)?;
    }
    let spec = DeviceSpec {
        driver: kernel.pnp.filter_driver,
        by: Actor::Above,
        sim: Some(Rc::new(Filter { node: node.into() })),
        extension: 0,
        device_type: crate::abi::device_flags::FILE_DEVICE_UNKNOWN,
        characteristics: FILE_DEVICE_SECURE_OPEN,
        exclusive: false,
    };
    let device = kernel.create_device(&spec)?;
    let Some(lower) = kernel.attach_device(device, pdo)? else {
        kernel.delete_device(device)?;
        return Ok(STATUS_NO_SUCH_DEVICE);
    };
    let copied = kernel.device_flags(lower)? & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    kernel.set_device_flags(device, copied, 0)?;
    Ok(STATUS_SUCCESS)
}

/// Makes the filter above a device fail its next `START` after the drivers below have succeeded.
pub(super) fn fail_start(kernel: &mut Kernel, node: &str) -> Result<(), Stop> {
    if !kernel.node(node)?.filter && !kernel.pnp.asserting {
        return Err(Stop::Script(format!("there is no filter above {node} that could fail its start")));
    }
    kernel.filter_fails(node, FilterFailure { what: Refusal::Start, way: Way::Up });
    Ok(())
}

impl Kernel {
    /// Tells the filter above a device to fail something once. The device need not exist yet.
    pub fn filter_fails(&mut self, node: &str, failure: FilterFailure) {
        self.pnp.filter_failures.push((node.into(), failure));
    }

    fn take_filter_failure(&mut self, node: &str, what: Refusal) -> Option<FilterFailure> {
        let failures = &mut self.pnp.filter_failures;
        let found = failures.iter().position(|(of, failure)| of == node && failure.what == what)?;
        Some(failures.remove(found).1)
    }
}

async fn dispatch(cpu: &Cpu, node: &str, device: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let (major, minor, lower) = {
        let kernel = cpu.look();
        let request = kernel.current_location(irp)?;
        (request.MajorFunction, request.MinorFunction, kernel.attached_to(device))
    };
    let Some(lower) = lower else { return end(cpu, device, irp, STATUS_DELETE_PENDING).await };
    let may_refuse = matches!((major, minor), (IRP_MJ_PNP, _) | (IRP_MJ_POWER, IRP_MN_QUERY_POWER));
    if !may_refuse {
        return pass(cpu, device, lower, irp).await;
    }
    let what = match minor {
        IRP_MN_QUERY_POWER if major == IRP_MJ_POWER => Refusal::QueryPower,
        IRP_MN_START_DEVICE => Refusal::Start,
        IRP_MN_QUERY_STOP_DEVICE => Refusal::QueryStop,
        IRP_MN_QUERY_REMOVE_DEVICE => Refusal::QueryRemove,
        IRP_MN_REMOVE_DEVICE => {
            let status = pass(cpu, device, lower, irp).await?;
            let mut kernel = cpu.k();
            kernel.detach_device(lower)?;
            kernel.delete_device(device)?;
            return Ok(status);
        }
        _ => return pass(cpu, device, lower, irp).await,
    };
    let failure = cpu.k().take_filter_failure(node, what);
    match failure {
        None => pass(cpu, device, lower, irp).await,
        Some(FilterFailure { way: Way::Down, .. }) => refuse(cpu, device, irp).await,
        Some(FilterFailure { way: Way::Up, .. }) => {
            let status = forward_and_wait(cpu, device, lower, irp).await?;
            if status.is_success() {
                return refuse(cpu, device, irp).await;
            }
            complete_request(cpu, device, irp).await?;
            Ok(status)
        }
    }
}

/// Passes an IRP on, and looks at what comes back if the filters are to.
async fn pass(cpu: &Cpu, device: Addr, lower: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    if cpu.look().pnp.asserting {
        return forward_watching(cpu, device, lower, irp).await;
    }
    forward(cpu, device, lower, irp).await
}

async fn refuse(cpu: &Cpu, device: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    end(cpu, device, irp, STATUS_UNSUCCESSFUL).await
}

async fn end(cpu: &Cpu, device: Addr, irp: Addr, status: NtStatus) -> Result<NtStatus, Stop> {
    cpu.k().set_io_status(irp, status, 0)?;
    complete_request(cpu, device, irp).await?;
    Ok(status)
}
