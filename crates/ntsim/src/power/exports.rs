//! The power manager's routines that a driver calls.

use nt_trace::event::{Actor, PowerStateSet};

use super::request;
use crate::{
    abi::{
        power::{DEVICE_POWER_STATE, POWER_DEVICE_UNSPECIFIED, SYSTEM_POWER_STATE},
        status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER_2},
    },
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns, RoutineFuture},
        io::call_driver,
    },
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

/// `PoRequestPowerIrp` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "PoCallDriver",
        "wdm/nf-wdm-pocalldriver",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Async(po_call_driver),
    ),
    Export::new(
        "PoStartNextPowerIrp",
        "wdm/nf-wdm-postartnextpowerirp",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(start_next),
    ),
    Export::new(
        "PoSetPowerState",
        "wdm/nf-wdm-posetpowerstate",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(set_power_state),
    ),
    Export::new(
        "PoRequestPowerIrp",
        "wdm/nf-wdm-porequestpowerirp",
        DISPATCH_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0, STATUS_INVALID_PARAMETER_2.0],
        Handler::Async(request::request_power_irp),
    ),
];

/// Does what `IoCallDriver` does, which its page asks for since Windows Vista.
fn po_call_driver(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (from, device, irp) = {
            let kernel = cpu.look();
            (kernel.acting_device(), args.pointer(&kernel, 0)?, args.pointer(&kernel, 1)?)
        };
        call_driver(&cpu, from, device, irp).await.map(|status| u64::from(status.0))
    })
}

/// Does nothing: its page says so of Windows Vista and later.
#[expect(clippy::unnecessary_wraps, reason = "routines have one signature")]
const fn start_next(_: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(0)
}

/// Gives the state that the power manager was told before.
fn set_power_state(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let device = args.pointer(kernel, 0)?;
    let (kind, state) = (args.ulong(kernel, 1)?, args.ulong(kernel, 2)?);
    let known = if kind == SYSTEM_POWER_STATE { SYSTEM_POWER_STATE } else { DEVICE_POWER_STATE };
    let before = kernel.power.told.insert((device, known), state).unwrap_or(POWER_DEVICE_UNSPECIFIED);
    let name = kernel.object(device);
    let system = known == SYSTEM_POWER_STATE;
    kernel.emit(PowerStateSet { device: name, by: Actor::Driver, system, state });
    Ok(u64::from(before))
}
