//! Requests that change no state.

use nt_trace::{NtStatus, event::IrpOrigin};

use super::{irp, node};
use crate::{
    abi::{
        irp_major::{IRP_MJ_POWER, IRP_MJ_SYSTEM_CONTROL},
        irp_minor::IRP_MN_DEVICE_USAGE_NOTIFICATION,
        status::STATUS_NOT_SUPPORTED,
    },
    kernel::io::{IrpSpec, send_irp},
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// A minor code that no kind of request has.
const UNKNOWN: u8 = 0xFE;
/// `DeviceUsageTypePaging`
const PAGING: u32 = 1;

/// `IRP_MN_DEVICE_USAGE_NOTIFICATION`: a paging file comes onto the device, or goes.
///
/// Page: `kernel/irp-mn-device-usage-notification`.
///
/// # Errors
/// When the machine stops.
pub async fn usage_notification(cpu: &Cpu, name: &str, in_path: bool) -> Result<NtStatus, Stop> {
    let (pdo, _) = node::begin(cpu, name).await?;
    let done = irp::send_with(cpu, pdo, IRP_MN_DEVICE_USAGE_NOTIFICATION, |parameters| {
        let usage = parameters.UsageNotification_mut();
        usage.InPath = u8::from(in_path);
        usage.Type = PAGING;
    })
    .await;
    node::end(cpu, name, done.map(|done| done.status))
}

/// A PnP IRP with any minor code and parameters of zero.
///
/// # Errors
/// When the machine stops.
pub async fn minor(cpu: &Cpu, name: &str, minor: u8) -> Result<NtStatus, Stop> {
    let (pdo, _) = node::begin(cpu, name).await?;
    let done = irp::send(cpu, pdo, minor).await;
    node::end(cpu, name, done.map(|done| done.status))
}

/// A `WMI` request for the physical device object, which no driver of the stack provides data for.
///
/// Page: `kernel/handling-wmi-requests`.
///
/// # Errors
/// When the machine stops.
pub async fn system_control(cpu: &Cpu, name: &str, minor: u8) -> Result<NtStatus, Stop> {
    let pdo = cpu.look().node(name)?.pdo;
    let mut spec = IrpSpec::new(IrpOrigin::Wmi, IRP_MJ_SYSTEM_CONTROL, minor);
    spec.status = STATUS_NOT_SUPPORTED;
    spec.parameters.WMI_mut().ProviderId = pdo.0;
    send(cpu, pdo, &spec).await
}

/// Requests that nobody knows, as Driver Verifier's enhanced I/O verification makes them: a PnP, a power and a `WMI`
/// IRP with a minor code that does not exist. Drivers pass them down and leave their status alone.
///
/// Page: `devtest/enhanced-i-o-verification`.
///
/// # Errors
/// When the machine stops.
pub(super) async fn unknown(cpu: &Cpu, pdo: Addr) -> Result<(), Stop> {
    irp::send(cpu, pdo, UNKNOWN).await?;
    for (origin, major) in [(IrpOrigin::PowerManager, IRP_MJ_POWER), (IrpOrigin::Wmi, IRP_MJ_SYSTEM_CONTROL)]
    {
        let mut spec = IrpSpec::new(origin, major, UNKNOWN);
        spec.status = STATUS_NOT_SUPPORTED;
        if major == IRP_MJ_SYSTEM_CONTROL {
            spec.parameters.WMI_mut().ProviderId = pdo.0;
        }
        send(cpu, pdo, &spec).await?;
    }
    Ok(())
}

/// Sends a request that PnP operations do not exclude: the device object stays until it is back.
async fn send(cpu: &Cpu, pdo: Addr, spec: &IrpSpec) -> Result<NtStatus, Stop> {
    if cpu.look().is_deleted(pdo) {
        return Err(Stop::Script("the device is gone: nobody can be asked".into()));
    }
    cpu.k().reference_device(pdo, true)?;
    let done = send_irp(cpu, pdo, spec).await;
    cpu.k().reference_device(pdo, false)?;
    done.map(|done| done.status)
}
