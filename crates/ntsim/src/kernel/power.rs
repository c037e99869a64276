//! The power manager's routines that a device driver calls.

use nt_trace::event::{Callback, IrpOrigin};

use super::{
    Kernel, answer, callback,
    export::{Args, Export, Handler, Returns, RoutineFuture},
    io::{IrpSpec, call_driver, send_irp},
};
use crate::{
    abi::{
        IO_STATUS_BLOCK,
        irp_major::IRP_MJ_POWER,
        irp_minor::{IRP_MN_QUERY_POWER, IRP_MN_SET_POWER, IRP_MN_WAIT_WAKE},
        power::DEVICE_POWER_STATE,
        status::{
            STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, STATUS_PENDING,
        },
    },
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL, PASSIVE_LEVEL},
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
        Handler::Sync(nothing),
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
        &[STATUS_INSUFFICIENT_RESOURCES.0, STATUS_INVALID_PARAMETER.0],
        Handler::Sync(request_power_irp),
    ),
];

/// Does what `IoCallDriver` does, which its page asks for since Windows Vista.
fn po_call_driver(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (from, device, irp) = {
            let kernel = cpu.look();
            (kernel.acting_device(), args.pointer(&kernel, 0)?, args.pointer(&kernel, 1)?)
        };
        call_driver(&cpu, from, device, irp).await.map(answer)
    })
}

const fn nothing(_: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(0)
}

/// Gives the state that the power manager was told before; nobody asks for it here, so it is not kept.
fn set_power_state(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    Ok(args.get(kernel, 2)?)
}

/// Sends the IRP from a thread of its own. Its page: the IRP may complete before the routine returns.
fn request_power_irp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (device, minor) = (args.pointer(kernel, 0)?, args.byte(kernel, 1)?);
    let state = args.ulong(kernel, 2)?;
    let (routine, context) = (args.pointer(kernel, 3)?, args.pointer(kernel, 4)?);
    if let Some(status) = kernel.fault("PoRequestPowerIrp") {
        return Ok(answer(status));
    }
    if !matches!(minor, IRP_MN_QUERY_POWER | IRP_MN_SET_POWER | IRP_MN_WAIT_WAKE) {
        return Ok(answer(STATUS_INVALID_PARAMETER));
    }
    kernel.reference_device(device, true)?;
    let request = Request { device, minor, state, routine, context };
    kernel.sched.spawn("power", PASSIVE_LEVEL, move |cpu| run(cpu, request));
    Ok(answer(STATUS_PENDING))
}

struct Request {
    device: Addr,
    minor: u8,
    state: u32,
    routine: Addr,
    context: Addr,
}

async fn run(cpu: Cpu, request: Request) -> Result<(), Stop> {
    let Request { device, minor, state, routine, context } = request;
    let mut spec = IrpSpec::new(IrpOrigin::PowerManager, IRP_MJ_POWER, minor);
    spec.status = STATUS_NOT_SUPPORTED;
    let parameters = spec.parameters.Power_mut();
    (parameters.Type, parameters.State) = (DEVICE_POWER_STATE, state);
    let result = send_irp(&cpu, device, &spec).await?;
    if !routine.is_null() {
        let block = {
            let mut kernel = cpu.k();
            let block =
                kernel.system_allocate(size_of::<IO_STATUS_BLOCK>() as u64, crate::mem::Fill::Zero)?;
            let status = IO_STATUS_BLOCK::new(result.status.0, result.information);
            kernel.mem.write(block, &status)?;
            block
        };
        let device_name = cpu.look().object(device);
        let what = Callback::PowerCompletion { device: device_name, minor };
        let arguments = [device, Addr(u64::from(minor)), Addr(u64::from(state)), context, block];
        let frame = callback::Frame { device, irp: Addr::NULL };
        callback::call_in(&cpu, what, routine, &arguments, frame).await?;
        cpu.k().pool_free(block, 0)?;
    }
    cpu.k().reference_device(device, false)
}
