//! The PnP manager's requests.

use nt_trace::{NtStatus, ObjectKind, event::IrpOrigin};

use crate::{
    abi::{
        DEVICE_CAPABILITIES, IO_PARAMETERS,
        irp_major::IRP_MJ_PNP,
        irp_minor::{
            IRP_MN_QUERY_CAPABILITIES, IRP_MN_QUERY_DEVICE_RELATIONS, IRP_MN_QUERY_PNP_DEVICE_STATE,
        },
        status::STATUS_NOT_SUPPORTED,
    },
    kernel::{
        Kernel,
        io::{IoStatus, IrpSpec, send_irp},
    },
    mem::{Addr, Fill, Request},
    sched::Cpu,
    stop::Stop,
};

/// `BusRelations`
pub(super) const BUS_RELATIONS: u32 = 0;
/// `RemovalRelations`
pub(super) const REMOVAL_RELATIONS: u32 = 3;
/// `PNP_DEVICE_FAILED`
pub(super) const PNP_DEVICE_FAILED: u64 = 0x04;
/// `PNP_DEVICE_REMOVED`
pub(super) const PNP_DEVICE_REMOVED: u64 = 0x08;

/// Sends a PnP IRP without parameters to the top of a device's stack and waits for it. Its initial status is
/// `STATUS_NOT_SUPPORTED`, as for all of them.
pub(super) async fn send(cpu: &Cpu, pdo: Addr, minor: u8) -> Result<IoStatus, Stop> {
    send_with(cpu, pdo, minor, |_| {}).await
}

/// The same with parameters.
pub(super) async fn send_with(
    cpu: &Cpu,
    pdo: Addr,
    minor: u8,
    fill: impl FnOnce(&mut IO_PARAMETERS),
) -> Result<IoStatus, Stop> {
    if cpu.look().is_deleted(pdo) {
        return Err(Stop::Script("the device is gone: nobody can be asked".into()));
    }
    let mut spec = IrpSpec::new(IrpOrigin::PnpManager, IRP_MJ_PNP, minor);
    spec.status = STATUS_NOT_SUPPORTED;
    fill(&mut spec.parameters);
    send_irp(cpu, pdo, &spec).await
}

impl Kernel {
    /// Whether a physical device object is not there any more.
    pub(super) fn is_deleted(&self, pdo: Addr) -> bool {
        self.io.devices.get(&pdo).is_none_or(|device| device.deleted)
    }
}

/// `IRP_MN_QUERY_CAPABILITIES`: the status and what the drivers filled in.
///
/// Page: `kernel/irp-mn-query-capabilities`.
///
/// # Errors
/// When the machine stops.
pub async fn capabilities(cpu: &Cpu, pdo: Addr) -> Result<(NtStatus, DEVICE_CAPABILITIES), Stop> {
    const LENGTH: u64 = size_of::<DEVICE_CAPABILITIES>() as u64;
    let buffer = {
        let mut kernel = cpu.k();
        let request =
            Request { kind: ObjectKind::Pool, length: LENGTH, tag: 0, fill: Fill::Zero, site: Addr::NULL };
        let buffer = kernel.mem.allocate(request)?;
        let capabilities: &mut DEVICE_CAPABILITIES = kernel.mem.at_mut(buffer)?;
        capabilities.Size = u16::try_from(LENGTH).unwrap_or(0);
        capabilities.Version = 1;
        capabilities.Address = u32::MAX;
        capabilities.UINumber = u32::MAX;
        buffer
    };
    let done = send_with(cpu, pdo, IRP_MN_QUERY_CAPABILITIES, |parameters| {
        parameters.DeviceCapabilities_mut().Capabilities = buffer;
    })
    .await?;
    let mut kernel = cpu.k();
    let capabilities = kernel.mem.read(buffer)?;
    kernel.mem.free(buffer, Addr::NULL)?;
    Ok((done.status, capabilities))
}

/// `IRP_MN_QUERY_PNP_DEVICE_STATE`: the status and the `PNP_DEVICE_*` bits, none where nobody answered.
///
/// Page: `kernel/irp-mn-query-pnp-device-state`.
///
/// # Errors
/// When the machine stops.
pub async fn device_state(cpu: &Cpu, pdo: Addr) -> Result<(NtStatus, u64), Stop> {
    let done = send(cpu, pdo, IRP_MN_QUERY_PNP_DEVICE_STATE).await?;
    Ok((done.status, if done.status.is_success() { done.information } else { 0 }))
}

/// `IRP_MN_QUERY_DEVICE_RELATIONS` for the bus relations. The devices of the simulator have none.
///
/// Page: `kernel/irp-mn-query-device-relations`.
///
/// # Errors
/// When the machine stops.
pub async fn bus_relations(cpu: &Cpu, pdo: Addr) -> Result<NtStatus, Stop> {
    relations(cpu, pdo, BUS_RELATIONS).await
}

/// `IRP_MN_QUERY_DEVICE_RELATIONS` for relations of any kind.
pub(super) async fn relations(cpu: &Cpu, pdo: Addr, kind: u32) -> Result<NtStatus, Stop> {
    let done = send_with(cpu, pdo, IRP_MN_QUERY_DEVICE_RELATIONS, |parameters| {
        parameters.QueryDeviceRelations_mut().Type = kind;
    })
    .await?;
    Ok(done.status)
}
