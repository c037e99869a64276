//! `PoRequestPowerIrp`.

use nt_trace::{
    NtStatus,
    event::{Actor, PowerIrpRequested},
};

use super::deliver::{self, Parcel, Requester, Wish};
use crate::{
    abi::{
        irp_minor::{IRP_MN_QUERY_POWER, IRP_MN_SET_POWER, IRP_MN_WAIT_WAKE},
        status::{STATUS_INVALID_PARAMETER_2, STATUS_PENDING},
    },
    kernel::{
        Kernel,
        export::{Args, RoutineFuture},
    },
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
    usb::Completion,
};

/// How often a caller lets others run whose IRP is to be complete before it goes on.
const PATIENCE: u32 = 64;

/// The arguments.
#[derive(Clone, Copy)]
struct Asked {
    device: Addr,
    minor: u8,
    state: u32,
    routine: Addr,
    context: Addr,
    out: Addr,
}

/// `PoRequestPowerIrp`
///
/// Its page: the IRP might be completed before the routine returns. It is with a USB stack below that completes
/// before `IoCallDriver` returns, or races with the caller.
pub(super) fn request_power_irp(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let asked = {
            let kernel = cpu.look();
            Asked {
                device: args.pointer(&kernel, 0)?,
                minor: args.byte(&kernel, 1)?,
                state: args.ulong(&kernel, 2)?,
                routine: args.pointer(&kernel, 3)?,
                context: args.pointer(&kernel, 4)?,
                out: args.pointer(&kernel, 5)?,
            }
        };
        let prepared = prepare(&mut cpu.k(), &asked)?;
        match prepared {
            Prepared::Refused(status) => Ok(u64::from(status.0)),
            Prepared::Waits => Ok(u64::from(STATUS_PENDING.0)),
            Prepared::Ready(parcel) => {
                start(&cpu, parcel).await?;
                Ok(u64::from(STATUS_PENDING.0))
            }
        }
    })
}

enum Prepared {
    Refused(NtStatus),
    /// Another IRP of the stack is under way.
    Waits,
    Ready(Parcel),
}

fn prepare(kernel: &mut Kernel, asked: &Asked) -> Result<Prepared, Stop> {
    let Asked { device, minor, state, routine, context, out } = *asked;
    let pdo = kernel.bottom_of_stack(device);
    let (device_name, pdo_name) = (kernel.object(device), kernel.object(pdo));
    let mut event = PowerIrpRequested {
        device: device_name,
        pdo: pdo_name,
        minor,
        state,
        wants_irp: !out.is_null(),
        status: STATUS_PENDING,
        ..PowerIrpRequested::default()
    };
    let injected = kernel.fault("PoRequestPowerIrp");
    let known = matches!(minor, IRP_MN_QUERY_POWER | IRP_MN_SET_POWER | IRP_MN_WAIT_WAKE);
    let refused = injected.or_else(|| (!known).then_some(STATUS_INVALID_PARAMETER_2));
    if let Some(status) = refused {
        event.status = status;
        kernel.emit(event);
        return Ok(Prepared::Refused(status));
    }
    kernel.reference_device(device, true)?;
    let owner = kernel.power_owner(device);
    let wish = Wish { pdo, minor, system: false, state, requested: true };
    let requester = Requester { device, owner, routine, context };
    let parcel = deliver::make(kernel, wish, Some(requester), None)?;
    if !out.is_null() {
        kernel.mem.write(out, &parcel.irp)?;
    }
    event.irp = kernel.object(parcel.irp);
    kernel.emit(event);
    Ok(kernel.power_line_up(parcel).map_or(Prepared::Waits, Prepared::Ready))
}

/// Sends it: within the call where the stack completes at once and the IRQL allows it, otherwise on a thread of its
/// own.
async fn start(cpu: &Cpu, parcel: Parcel) -> Result<(), Stop> {
    let (irp, completion, here) = {
        let kernel = cpu.look();
        let irql = deliver::irql(&kernel, &parcel);
        let completion = kernel.usb_completion(parcel.pdo);
        let here = completion.is_inline() && irql == PASSIVE_LEVEL && kernel.sched.irql() == PASSIVE_LEVEL;
        (parcel.irp, completion, here)
    };
    if here {
        return deliver::send(cpu, parcel).await;
    }
    deliver::send_later(&mut cpu.k(), parcel);
    if completion == Completion::Racing {
        for _ in 0..PATIENCE {
            if !cpu.look().power.is_outstanding(irp) {
                break;
            }
            cpu.yield_now().await;
        }
    }
    Ok(())
}

impl Kernel {
    /// The device object of the driver that asks: the one that it acts for, or its own in the stack.
    fn power_owner(&self, device: Addr) -> Addr {
        let acting = self.acting_device();
        if self.actor_of(acting) == Actor::Driver {
            return acting;
        }
        let mut at = self.top_of_stack(device).ok();
        while let Some(candidate) = at {
            if self.actor_of(candidate) == Actor::Driver {
                return candidate;
            }
            at = self.attached_to(candidate);
        }
        acting
    }
}
