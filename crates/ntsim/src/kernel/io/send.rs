//! The usual ways to pass an IRP on, and to make one and wait for it.

use std::{cell::Cell, rc::Rc};

use nt_trace::NtStatus;

use super::{Completion, Finish, IrpSpec, call_driver};
use crate::{
    abi::{IO_STATUS_BLOCK, status::STATUS_MORE_PROCESSING_REQUIRED},
    kernel::ke::Latch,
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoStatus {
    /// `IoStatus.Status`
    pub status: NtStatus,
    /// `IoStatus.Information`
    pub information: u64,
    /// What the top driver's dispatch routine returned.
    pub returned: NtStatus,
}

/// Builds a request, sends it to the top of the stack that `device` is in, and waits until it is finished.
///
/// # Errors
/// When the machine stops.
pub async fn send_irp(cpu: &Cpu, device: Addr, spec: &IrpSpec) -> Result<IoStatus, Stop> {
    let result: Rc<Cell<IO_STATUS_BLOCK>> = Rc::new(Cell::new(IO_STATUS_BLOCK::new(0, 0)));
    let done = Latch::default();
    let (irp, top, name) = {
        let mut kernel = cpu.k();
        let top = kernel.top_of_stack(device)?;
        let (block, latch) = (Rc::clone(&result), done.clone());
        let finish: Finish = Box::new(move |kernel, irp| {
            block.set(kernel.irp(irp)?.IoStatus);
            latch.open(kernel);
            Ok(())
        });
        let irp = kernel.build_irp(top, spec, Some(finish))?;
        (irp, top, kernel.object(irp))
    };
    let returned = call_driver(cpu, Addr::NULL, top, irp).await?;
    done.wait(cpu, name.to_string()).await;
    let block = result.get();
    Ok(IoStatus { status: NtStatus(block.Status), information: block.Information, returned })
}

/// Passes an IRP that a driver of the simulator's got to the next lower driver, untouched.
///
/// # Errors
/// When the machine stops.
pub async fn forward(cpu: &Cpu, device: Addr, lower: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    cpu.k().skip_location(irp)?;
    call_driver(cpu, device, lower, irp).await
}

/// Passes an IRP to the next lower driver and waits until that has completed it; the caller has it again
/// then and is to complete it. Gives `IoStatus.Status`.
///
/// # Errors
/// When the machine stops.
pub async fn forward_and_wait(cpu: &Cpu, device: Addr, lower: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let done = Latch::default();
    let name = {
        let mut kernel = cpu.k();
        kernel.copy_location(irp)?;
        let latch = done.clone();
        let routine: Completion = Box::new(move |cpu, _, _| {
            latch.open(&mut cpu.k());
            Box::pin(async { Ok(STATUS_MORE_PROCESSING_REQUIRED) })
        });
        kernel.set_completion(irp, routine)?;
        kernel.object(irp)
    };
    call_driver(cpu, device, lower, irp).await?;
    done.wait(cpu, name.to_string()).await;
    let status = cpu.look().irp(irp)?.IoStatus.Status;
    Ok(NtStatus(status))
}
