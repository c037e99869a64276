//! The bus driver: what its physical device objects answer.

use nt_trace::NtStatus;

use super::{idle, pnp, port, power, submit};
use crate::{
    abi::{
        ioctl::{
            IOCTL_INTERNAL_USB_CYCLE_PORT, IOCTL_INTERNAL_USB_GET_PORT_STATUS, IOCTL_INTERNAL_USB_RESET_PORT,
            IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION, IOCTL_INTERNAL_USB_SUBMIT_URB,
        },
        irp_major::{
            IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_CREATE, IRP_MJ_INTERNAL_DEVICE_CONTROL, IRP_MJ_PNP,
            IRP_MJ_POWER, IRP_MJ_SYSTEM_CONTROL,
        },
        status::{STATUS_INVALID_DEVICE_REQUEST, STATUS_NOT_SUPPORTED, STATUS_SUCCESS},
    },
    kernel::io::{LocalFuture, SimDriver, complete_request},
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// The bus driver.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bus;

impl SimDriver for Bus {
    fn dispatch(&self, cpu: Cpu, device: Addr, irp: Addr) -> LocalFuture<Result<NtStatus, Stop>> {
        Box::pin(async move { dispatch(&cpu, device, irp).await })
    }
}

async fn dispatch(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let (major, minor, parameters) = {
        let kernel = cpu.look();
        let location = kernel.current_location(irp)?;
        (location.MajorFunction, location.MinorFunction, location.Parameters)
    };
    cpu.k().bus_receives(pdo, irp)?;
    match major {
        IRP_MJ_INTERNAL_DEVICE_CONTROL => {
            internal_control(cpu, pdo, irp, parameters.DeviceIoControl().IoControlCode).await
        }
        IRP_MJ_PNP => pnp::dispatch(cpu, pdo, irp, minor).await,
        IRP_MJ_POWER => power::dispatch(cpu, pdo, irp, minor).await,
        IRP_MJ_SYSTEM_CONTROL => complete_unchanged(cpu, pdo, irp).await,
        IRP_MJ_CREATE | IRP_MJ_CLEANUP | IRP_MJ_CLOSE => complete(cpu, pdo, irp, STATUS_SUCCESS).await,
        _ => complete(cpu, pdo, irp, STATUS_INVALID_DEVICE_REQUEST).await,
    }
}

async fn internal_control(cpu: &Cpu, pdo: Addr, irp: Addr, code: u32) -> Result<NtStatus, Stop> {
    match code {
        IOCTL_INTERNAL_USB_SUBMIT_URB => submit::submit(cpu, pdo, irp).await,
        IOCTL_INTERNAL_USB_RESET_PORT => port::reset(cpu, pdo, irp).await,
        IOCTL_INTERNAL_USB_CYCLE_PORT => port::cycle(cpu, pdo, irp).await,
        IOCTL_INTERNAL_USB_GET_PORT_STATUS => port::status(cpu, pdo, irp).await,
        IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION => idle::submit(cpu, pdo, irp).await,
        _ => complete(cpu, pdo, irp, STATUS_NOT_SUPPORTED).await,
    }
}

/// Completes an IRP with a status and no information.
pub(super) async fn complete(cpu: &Cpu, pdo: Addr, irp: Addr, status: NtStatus) -> Result<NtStatus, Stop> {
    complete_with(cpu, pdo, irp, status, 0).await
}

/// Completes an IRP with a status and information.
pub(super) async fn complete_with(
    cpu: &Cpu,
    pdo: Addr,
    irp: Addr,
    status: NtStatus,
    information: u64,
) -> Result<NtStatus, Stop> {
    let status = {
        let mut kernel = cpu.k();
        let status = kernel.bus_answers(irp, status)?;
        kernel.set_io_status(irp, status, information)?;
        status
    };
    complete_request(cpu, pdo, irp).await?;
    Ok(status)
}

/// Completes an IRP that is not for this driver with the status that it came with.
pub(super) async fn complete_unchanged(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let status = NtStatus(cpu.look().irp(irp)?.IoStatus.Status);
    // Not a success of the bus's own, and so not adjusted.
    cpu.k().bus_leaves(irp, status);
    complete_request(cpu, pdo, irp).await?;
    Ok(status)
}
