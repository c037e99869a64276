//! Who is told that the system shuts down.

use nt_trace::event::IrpOrigin;

use super::{IrpSpec, send_irp};
use crate::{
    abi::{
        irp_major::IRP_MJ_SHUTDOWN,
        status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS},
    },
    kernel::{
        Kernel, answer,
        export::{Args, Export, Handler, Returns},
    },
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

/// `IoRegisterShutdownNotification` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoRegisterShutdownNotification",
        "wdm/nf-wdm-ioregistershutdownnotification",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(|k, a| register(k, a, "IoRegisterShutdownNotification")),
    ),
    Export::new(
        "IoRegisterLastChanceShutdownNotification",
        "wdm/nf-wdm-ioregisterlastchanceshutdownnotification",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(|k, a| register(k, a, "IoRegisterLastChanceShutdownNotification")),
    ),
    Export::new(
        "IoUnregisterShutdownNotification",
        "wdm/nf-wdm-iounregistershutdownnotification",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(unregister),
    ),
];

fn register(kernel: &mut Kernel, args: Args, routine: &'static str) -> Result<u64, Stop> {
    let device = args.pointer(kernel, 0)?;
    if let Some(status) = kernel.fault(routine) {
        return Ok(answer(status));
    }
    kernel.io.told_of_shutdown.push(device);
    Ok(answer(STATUS_SUCCESS))
}

fn unregister(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let device = args.pointer(kernel, 0)?;
    kernel.io.told_of_shutdown.retain(|told| *told != device);
    Ok(0)
}

/// Sends `IRP_MJ_SHUTDOWN` to every stack that asked for it, the latest first.
///
/// # Errors
/// When the machine stops.
pub async fn tell_of_shutdown(cpu: &Cpu) -> Result<(), Stop> {
    let mut devices: Vec<Addr> = cpu.look().io.told_of_shutdown.clone();
    devices.reverse();
    for device in devices {
        let spec = IrpSpec::new(IrpOrigin::IoManager, IRP_MJ_SHUTDOWN, 0);
        send_irp(cpu, device, &spec).await?;
    }
    Ok(())
}
