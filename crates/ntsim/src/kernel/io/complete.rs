//! `IoCompleteRequest`.

use nt_trace::{
    NtStatus, ObjectId,
    event::{Actor, Callback, CompletionRoutineCalled, IrpCompleteCalled, IrpFinished, IrpOrigin},
};

use super::HOST_ROUTINE;
use crate::{
    abi::{
        IO_PARAMETERS, IO_STACK_LOCATION,
        io_flags::{
            SL_ERROR_RETURNED, SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS,
            SL_PENDING_RETURNED,
        },
        status::STATUS_MORE_PROCESSING_REQUIRED,
    },
    kernel::{
        Kernel,
        bug_check::{MULTIPLE_IRP_COMPLETE_REQUESTS, bug_check, verifier_io},
        callback::{self, Frame, low_half},
        shadow::location,
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// `IoCompleteRequest`: calls the completion routines from the current location upwards.
///
/// One of them may keep the IRP; after the last the I/O manager finishes and frees it. `device` is the
/// caller's device object, NULL if there is none.
///
/// # Errors
/// When the machine stops.
pub async fn complete_request(cpu: &Cpu, device: Addr, irp: Addr) -> Result<(), Stop> {
    cpu.k().begin_completion(device, irp)?;
    loop {
        let Some(step) = cpu.k().unwind(irp)? else { break };
        if step.routine.is_null() {
            continue;
        }
        let status = call_routine(cpu, irp, &step).await?;
        let more_processing = status == STATUS_MORE_PROCESSING_REQUIRED;
        let mut kernel = cpu.k();
        kernel.emit(CompletionRoutineCalled {
            irp: step.id,
            by: step.by,
            device: step.device_name,
            status: step.status,
            pending_returned: step.pending_returned,
            more_processing,
        });
        if more_processing {
            return Ok(());
        }
        if step.by == Actor::Driver {
            kernel.check_invariant_completed(irp)?;
            kernel.irp_given_away(irp);
        }
        if !kernel.io.irps.contains_key(&irp) {
            let text = format!("a completion routine freed {} and let it go on", step.id);
            return Err(bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, irp.0, text));
        }
    }
    cpu.k().finish(irp)
}

/// One location that completion went past.
struct Step {
    id: ObjectId,
    number: i8,
    routine: Addr,
    context: Addr,
    device: Addr,
    device_name: ObjectId,
    by: Actor,
    status: NtStatus,
    pending_returned: bool,
}

async fn call_routine(cpu: &Cpu, irp: Addr, step: &Step) -> Result<NtStatus, Stop> {
    if step.routine != HOST_ROUTINE {
        let what = Callback::Completion {
            irp: step.id,
            device: step.device_name,
            pending_returned: step.pending_returned,
        };
        let frame = Frame { device: step.device, irp };
        let arguments = [step.device, irp, step.context];
        let result = callback::call_in(cpu, what, step.routine, &arguments, frame).await?;
        return Ok(low_half(result));
    }
    let routine = {
        let mut kernel = cpu.k();
        kernel.io.irps.get_mut(&irp).and_then(|record| record.completions.remove(&step.number))
    };
    let Some(routine) = routine else {
        let text = format!("{}: the completion routine of the driver above was copied", step.id);
        return Err(verifier_io(0x207, text));
    };
    routine(cpu.clone(), step.device, irp).await
}

impl Kernel {
    fn begin_completion(&mut self, device: Addr, irp: Addr) -> Result<(), Stop> {
        self.sync_irp(irp);
        let id = self.object(irp);
        let by = if device.is_null() { self.creator(irp) } else { self.actor_of(device) };
        let device = self.object(device);
        if !self.io.irps.contains_key(&irp) {
            self.emit(IrpCompleteCalled { irp: id, by, device, ..Default::default() });
            let text = format!("IoCompleteRequest of {irp} ({id}), which is complete or no IRP");
            return Err(bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, irp.0, text));
        }
        let header = *self.irp(irp)?;
        self.emit(IrpCompleteCalled {
            irp: id,
            by,
            device,
            status: NtStatus(header.IoStatus.Status),
            information: header.IoStatus.Information,
            cancel_routine: !header.CancelRoutine.is_null(),
        });
        if by == Actor::Driver && self.is_below(irp) {
            let text = format!("{id} is completed by the driver, but a driver below has it");
            return Err(verifier_io(0x209, text));
        }
        if header.CurrentLocation > header.StackCount {
            let text = format!("{id} is completed a second time");
            return Err(bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, irp.0, text));
        }
        if by == Actor::Driver {
            self.check_invariant_completed(irp)?;
            self.irp_given_away(irp);
        }
        Ok(())
    }

    /// Goes past the current location. None when it was past the last one before.
    fn unwind(&mut self, irp: Addr) -> Result<Option<Step>, Stop> {
        self.sync_irp(irp);
        let header = *self.irp(irp)?;
        let number = header.CurrentLocation;
        if number > header.StackCount {
            return Ok(None);
        }
        let at = *self.current_location(irp)?;
        let pending_returned = at.Control & SL_PENDING_RETURNED != 0;
        let above = number.saturating_add(1);
        self.irp_mut(irp, |header| {
            header.PendingReturned = u8::from(pending_returned);
            header.CurrentLocation = above;
            header.Tail.CurrentStackLocation = location(irp, u64::try_from(above).unwrap_or(0));
        })?;
        let last = above > header.StackCount;
        let device = if last { Addr::NULL } else { self.current_location(irp)?.DeviceObject };
        let status = NtStatus(header.IoStatus.Status);
        let called = is_called(at.Control, status, header.Cancel != 0);
        if called {
            self.location_mut(irp, number, clear)?;
        } else if pending_returned && !last {
            self.mark_pending(irp)?;
        }
        let id = self.object(irp);
        let routine = if called { at.CompletionRoutine } else { Addr::NULL };
        let by = if self.site_of(routine).is_some() { Actor::Driver } else { self.actor_of(device) };
        let device_name = self.object(device);
        let context = at.Context;
        Ok(Some(Step { id, number, routine, context, device, device_name, by, status, pending_returned }))
    }

    /// What the I/O manager does with an IRP that every driver let go.
    fn finish(&mut self, irp: Addr) -> Result<(), Stop> {
        let header = *self.irp(irp)?;
        let id = self.object(irp);
        let (status, information) = (NtStatus(header.IoStatus.Status), header.IoStatus.Information);
        self.emit(IrpFinished { irp: id, status, information });
        let finish = self.io.irps.get_mut(&irp).and_then(|record| record.finish.take());
        let origin = self.io.irps.get(&irp).map_or(IrpOrigin::IoManager, |record| record.origin);
        if finish.is_none() && matches!(origin, IrpOrigin::Allocated | IrpOrigin::BuiltAsynchronous) {
            // Windows would finish it for a thread that it does not have.
            let text =
                format!("{id} is the driver's own; no completion routine kept it from the I/O manager");
            return Err(verifier_io(0x02, text));
        }
        if let Some(finish) = finish {
            finish(self, irp)?;
        }
        self.free_irp(irp, Actor::System)
    }
}

/// Whether a completion routine is called, by the control bits that it was set with.
const fn is_called(control: u8, status: NtStatus, cancelled: bool) -> bool {
    (status.is_success() && control & SL_INVOKE_ON_SUCCESS != 0)
        || (!status.is_success() && control & SL_INVOKE_ON_ERROR != 0)
        || (cancelled && control & SL_INVOKE_ON_CANCEL != 0)
}

/// A used location is cleared before its completion routine runs; the next request through it starts anew.
const fn clear(at: &mut IO_STACK_LOCATION) {
    at.MinorFunction = 0;
    at.Flags = 0;
    at.Control &= SL_ERROR_RETURNED;
    at.Parameters = IO_PARAMETERS {
        Argument1: Addr::NULL,
        Argument2: Addr::NULL,
        Argument3: Addr::NULL,
        Argument4: Addr::NULL,
    };
    at.FileObject = Addr::NULL;
}
