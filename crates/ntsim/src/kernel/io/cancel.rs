//! `IoCancelIrp`.

use nt_trace::event::{Actor, Callback, IrpCancelRequested};

use super::HOST_ROUTINE;
use crate::{
    kernel::{
        bug_check::verifier_io,
        callback::{self, Frame},
        ke::{CANCEL_SPIN_LOCK, acquire_spin_lock},
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// `IoCancelIrp`: marks the IRP cancelled and calls its cancel routine, if it has one. Gives whether it had.
///
/// # Errors
/// When the machine stops.
pub async fn cancel_irp(cpu: &Cpu, irp: Addr, by: Actor) -> Result<bool, Stop> {
    let old_irql = acquire_spin_lock(cpu, CANCEL_SPIN_LOCK).await?;
    let (routine, device, host) = {
        let mut kernel = cpu.k();
        if !kernel.io.irps.contains_key(&irp) {
            if matches!(by, Actor::System) {
                // CancelIoEx looks its IRP up under a lock of the thread's: it is finished then, which is no
                // fault of the driver's.
                kernel.release_spin_lock(CANCEL_SPIN_LOCK, old_irql)?;
                return Ok(false);
            }
            let text = format!("IoCancelIrp of {irp} ({}), which is no IRP", kernel.object(irp));
            return Err(verifier_io(0x03, text));
        }
        let routine = kernel.irp_mut(irp, |header| {
            header.Cancel = 1;
            let routine = std::mem::replace(&mut header.CancelRoutine, Addr::NULL);
            if !routine.is_null() {
                header.CancelIrql = old_irql;
            }
            routine
        })?;
        let id = kernel.object(irp);
        kernel.emit(IrpCancelRequested { irp: id, by, routine_called: !routine.is_null() });
        if routine.is_null() {
            kernel.release_spin_lock(CANCEL_SPIN_LOCK, old_irql)?;
            return Ok(false);
        }
        let device = kernel.current_location(irp)?.DeviceObject;
        (routine, device, kernel.io.irps.get_mut(&irp).and_then(|record| record.cancel.take()))
    };
    if routine != HOST_ROUTINE {
        let (irp_name, device_name) = (cpu.look().object(irp), cpu.look().object(device));
        let what = Callback::Cancel { irp: irp_name, device: device_name };
        callback::call_in(cpu, what, routine, &[device, irp], Frame { device, irp }).await?;
    } else if let Some(host) = host {
        host(cpu.clone(), device, irp).await?;
    }
    Ok(true)
}
