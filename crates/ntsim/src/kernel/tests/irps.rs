use std::rc::Rc;

use nt_trace::{
    EventKind, NtStatus,
    event::{Actor, IrpOrigin},
};

use super::{device, obliging, run};
use crate::{
    abi::{
        irp_major::IRP_MJ_PNP,
        irp_minor::IRP_MN_START_DEVICE,
        status::{STATUS_CANCELLED, STATUS_NOT_SUPPORTED, STATUS_PENDING, STATUS_SUCCESS},
    },
    kernel::{
        io::{
            IrpSpec, LocalFuture, SimDriver, cancel_irp, complete_request, forward, forward_and_wait,
            send_irp,
        },
        ke::CANCEL_SPIN_LOCK,
    },
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

fn start() -> IrpSpec {
    let mut spec = IrpSpec::new(IrpOrigin::PnpManager, IRP_MJ_PNP, IRP_MN_START_DEVICE);
    spec.status = STATUS_NOT_SUPPORTED;
    spec
}

/// Keeps the IRP and completes it 1 ms later, at `DISPATCH_LEVEL` from another thread.
fn late() -> Rc<dyn SimDriver> {
    Rc::new(|cpu: Cpu, device: Addr, irp: Addr| -> LocalFuture<Result<NtStatus, Stop>> {
        Box::pin(async move {
            let mut kernel = cpu.k();
            kernel.mark_pending(irp)?;
            let due = kernel.sched.now + 10_000;
            kernel.sched.at(due, move |kernel| {
                kernel.sched.spawn("late", DISPATCH_LEVEL, async move |cpu| {
                    cpu.k().set_io_status(irp, STATUS_SUCCESS, 7)?;
                    complete_request(&cpu, device, irp).await
                });
            });
            Ok(STATUS_PENDING)
        })
    })
}

fn filter(lower: Addr, waits: bool) -> Rc<dyn SimDriver> {
    Rc::new(move |cpu: Cpu, device: Addr, irp: Addr| -> LocalFuture<Result<NtStatus, Stop>> {
        Box::pin(async move {
            if !waits {
                return forward(&cpu, device, lower, irp).await;
            }
            let status = forward_and_wait(&cpu, device, lower, irp).await?;
            complete_request(&cpu, device, irp).await?;
            Ok(status)
        })
    })
}

#[test]
fn a_request_is_pended_below_and_waited_for_above() {
    for waits in [false, true] {
        let (result, events) = run(async move |cpu| {
            let top = {
                let mut kernel = cpu.k();
                let lower = device(&mut kernel, "lower", Actor::Below, late())?;
                let upper = device(&mut kernel, "upper", Actor::Above, filter(lower, waits))?;
                kernel.attach_device(upper, lower)?;
                upper
            };
            send_irp(&cpu, top, &start()).await
        });
        let status = result.expect("it runs").expect("it ends");
        assert_eq!((status.status, status.information), (STATUS_SUCCESS, 7));
        assert_eq!(status.returned, if waits { STATUS_SUCCESS } else { STATUS_PENDING });
        let freed = events.iter().filter(|event| matches!(event, EventKind::IrpFreed(_))).count();
        assert_eq!(freed, 1);
        let inline = events.iter().any(|event| {
            matches!(
                event,
                EventKind::IrpMarkedPending(_) | EventKind::StackSkipped(_) | EventKind::IrpStatusWritten(_)
            )
        });
        assert!(!inline, "what the simulator does is not the driver's doing");
    }
}

#[test]
fn completing_twice_is_a_bug_check() {
    let (result, _) = run(async move |cpu| {
        let twice = Rc::new(|cpu: Cpu, device: Addr, irp: Addr| -> LocalFuture<Result<NtStatus, Stop>> {
            Box::pin(async move {
                complete_request(&cpu, device, irp).await?;
                complete_request(&cpu, device, irp).await?;
                Ok(STATUS_SUCCESS)
            })
        });
        let top = device(&mut cpu.k(), "twice", Actor::Below, twice)?;
        send_irp(&cpu, top, &start()).await
    });
    assert!(result.is_err_and(|stop| stop.to_string().contains("0x44")));
}

#[test]
fn a_stack_that_is_too_short_is_a_bug_check() {
    let (result, _) = run(async move |cpu| {
        let top = {
            let mut kernel = cpu.k();
            let lower = device(&mut kernel, "lower", Actor::Below, obliging())?;
            // Not attached, so the IRP has one location only; and it is copied, not skipped.
            device(&mut kernel, "upper", Actor::Above, filter(lower, true))?
        };
        send_irp(&cpu, top, &start()).await
    });
    assert!(result.is_err());
}

#[test]
fn a_cancel_routine_runs_with_the_cancel_lock() {
    let holder = Rc::new(|cpu: Cpu, device: Addr, irp: Addr| -> LocalFuture<Result<NtStatus, Stop>> {
        Box::pin(async move {
            let mut kernel = cpu.k();
            kernel.mark_pending(irp)?;
            let routine: crate::kernel::io::CancelRoutine = Box::new(move |cpu, _, irp| {
                Box::pin(async move {
                    {
                        let mut kernel = cpu.k();
                        assert_eq!(kernel.sched.irql(), DISPATCH_LEVEL);
                        let irql = kernel.irp(irp)?.CancelIrql;
                        kernel.release_spin_lock(CANCEL_SPIN_LOCK, irql)?;
                        kernel.set_io_status(irp, STATUS_CANCELLED, 0)?;
                    }
                    complete_request(&cpu, device, irp).await
                })
            });
            kernel.set_cancel(irp, routine)?;
            let due = kernel.sched.now + 10;
            kernel.sched.at(due, move |kernel| {
                kernel.sched.spawn("cancel", 0, async move |cpu| {
                    assert!(cancel_irp(&cpu, irp, Actor::System).await?);
                    assert_eq!(cpu.look().sched.irql(), 0);
                    Ok(())
                });
            });
            Ok(STATUS_PENDING)
        })
    });
    let (result, _) = run(async move |cpu| {
        let top = device(&mut cpu.k(), "holder", Actor::Below, holder)?;
        send_irp(&cpu, top, &start()).await
    });
    assert_eq!(result.expect("it runs").expect("it ends").status, STATUS_CANCELLED);
}
