//! What a driver does to an IRP inline is played here by writes to the memory.

use nt_trace::{EventKind, Tag, event::IrpOrigin};

use super::{device, obliging, run};
use crate::{
    abi::{
        IO_STACK_LOCATION, IRP,
        io_flags::{SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED},
        irp_major::IRP_MJ_PNP,
    },
    kernel::{Kernel, io::IrpSpec, shadow::location},
    mem::Addr,
    stop::Stop,
};

/// Has a driver with an IRP of two locations do something, and gives what was found.
fn effects(inline: impl FnOnce(&mut Kernel, Addr) -> Result<(), Stop> + 'static) -> Vec<EventKind> {
    let (result, mut events) = run(async move |cpu| {
        let mut kernel = cpu.k();
        let lower = device(&mut kernel, "lower", nt_trace::event::Actor::Below, obliging())?;
        let upper = device(&mut kernel, "upper", nt_trace::event::Actor::Above, obliging())?;
        kernel.attach_device(upper, lower)?;
        let spec = IrpSpec::new(IrpOrigin::PnpManager, IRP_MJ_PNP, 0);
        let irp = kernel.build_irp(upper, &spec, None)?;
        kernel.irp_mut(irp, |header| {
            header.CurrentLocation = 2;
            header.Tail.CurrentStackLocation = location(irp, 2);
        })?;
        kernel.sync_irp(irp);
        let quiet = kernel.trace.events().len();
        // As when driver code runs.
        kernel.settle_memory()?;
        inline(&mut kernel, irp)?;
        kernel.sync_irp(irp);
        kernel.sync_irp(irp);
        Ok(quiet)
    });
    let quiet = result.expect("it runs").expect("it ends");
    events.split_off(quiet)
}

fn current(kernel: &mut Kernel, irp: Addr) -> Result<&mut IO_STACK_LOCATION, Stop> {
    Ok(kernel.mem.at_mut(location(irp, 2))?)
}

fn next(kernel: &mut Kernel, irp: Addr) -> Result<&mut IO_STACK_LOCATION, Stop> {
    Ok(kernel.mem.at_mut(location(irp, 1))?)
}

fn copy(kernel: &mut Kernel, irp: Addr, whole: bool) -> Result<(), Stop> {
    let above = *current(kernel, irp)?;
    let below = next(kernel, irp)?;
    let kept = (below.CompletionRoutine, below.Context);
    *below = above;
    if !whole {
        (below.CompletionRoutine, below.Context) = kept;
        below.Control = 0;
    }
    Ok(())
}

fn set(kernel: &mut Kernel, irp: Addr) -> Result<(), Stop> {
    let below = next(kernel, irp)?;
    (below.CompletionRoutine, below.Context) = (Addr(0x1000), Addr(2));
    below.Control = SL_INVOKE_ON_SUCCESS;
    Ok(())
}

fn tags(events: &[EventKind]) -> Vec<Tag> {
    events.iter().map(EventKind::tag).collect()
}

#[test]
fn a_mark_is_found() {
    let found = effects(|kernel, irp| {
        current(kernel, irp)?.Control |= SL_PENDING_RETURNED;
        Ok(())
    });
    assert_eq!(tags(&found), [Tag::IrpMarkedPending]);
}

#[test]
fn a_copy_and_a_completion_routine_are_found() {
    let found = effects(|kernel, irp| copy(kernel, irp, false));
    assert_eq!(tags(&found), [Tag::StackCopied]);
    let found = effects(|kernel, irp| {
        copy(kernel, irp, false)?;
        set(kernel, irp)
    });
    assert_eq!(tags(&found), [Tag::StackCopied, Tag::CompletionRoutineSet]);
    let Some(EventKind::CompletionRoutineSet(routine)) = found.last() else { panic!("no routine") };
    assert_eq!((routine.control, routine.ours, routine.ex), (SL_INVOKE_ON_SUCCESS, false, false));
}

#[test]
fn a_copy_of_the_drivers_above_routine_is_told_as_that() {
    let found = effects(|kernel, irp| {
        current(kernel, irp)?.CompletionRoutine = Addr(0x2000);
        copy(kernel, irp, true)
    });
    let copied = found
        .iter()
        .any(|event| matches!(event, EventKind::StackCopied(copied) if copied.with_completion_routine));
    assert!(copied, "{found:?}");
}

#[test]
fn a_new_request_in_the_next_location_is_no_copy() {
    let found = effects(|kernel, irp| {
        let below = next(kernel, irp)?;
        below.MajorFunction = 15;
        below.Parameters.DeviceIoControl_mut().IoControlCode = 0x0022_0003;
        set(kernel, irp)
    });
    assert_eq!(tags(&found), [Tag::CompletionRoutineSet]);
}

#[test]
fn a_skip_a_status_and_a_cancel_routine_are_found() {
    let found = effects(|kernel, irp| {
        let header: &mut IRP = kernel.mem.at_mut(irp)?;
        header.IoStatus.Status = 5;
        header.CancelRoutine = Addr(0x3000);
        header.CurrentLocation = 3;
        header.Tail.CurrentStackLocation = location(irp, 3);
        Ok(())
    });
    assert_eq!(tags(&found), [Tag::IrpStatusWritten, Tag::CancelRoutineSet, Tag::StackSkipped]);
}

#[test]
fn what_the_simulator_writes_is_not_told() {
    let found = effects(|kernel, irp| {
        kernel.mark_pending(irp)?;
        kernel.copy_location(irp)?;
        kernel.set_io_status(irp, nt_trace::NtStatus(5), 1)?;
        kernel.skip_location(irp)?;
        Ok(())
    });
    assert!(found.is_empty(), "{found:?}");
}
