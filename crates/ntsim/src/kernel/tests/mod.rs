//! Tries the I/O manager with drivers of the simulator's own, without an image.

mod files;
mod irps;
mod stacks;

use std::{cell::RefCell, rc::Rc};

use nt_trace::{EventKind, NtStatus, event::Actor};

use super::{
    Kernel,
    io::{DeviceSpec, LocalFuture, SimDriver, complete_request},
};
use crate::{
    abi::status::STATUS_SUCCESS,
    mem::{Addr, Mem, Mode},
    sched::{Cpu, Executor, RoundRobin, Sched},
    stop::Stop,
};

/// Runs a task on a new machine and gives what it returned, and the trace.
pub(crate) fn run<T, F, R>(task: F) -> (Result<Option<T>, Stop>, Vec<EventKind>)
where
    T: 'static,
    F: FnOnce(Cpu) -> R + 'static,
    R: Future<Output = Result<T, Stop>> + 'static,
{
    // Both arenas have fixed addresses, so machines of one process come one after another.
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mem = Mem::new(Mode::Guarded).expect("the arenas are mapped");
    let kernel = Rc::new(RefCell::new(Kernel::new(mem, Sched::new(2))));
    let mut executor = Executor::new(Rc::clone(&kernel), Box::new(RoundRobin));
    let slot = Rc::new(RefCell::new(None));
    let result = Rc::clone(&slot);
    kernel.borrow_mut().sched.spawn("test", 0, async move |cpu| {
        let value = task(cpu).await?;
        result.replace(Some(value));
        Ok(())
    });
    let stopped = executor.run();
    let events = kernel.borrow_mut().trace.take();
    drop(executor);
    drop(kernel);
    drop(guard);
    (stopped.map(|()| slot.take()), events.into_iter().map(|event| event.kind).collect())
}

/// A driver that completes every request at once with success.
fn obliging() -> Rc<dyn SimDriver> {
    Rc::new(|cpu: Cpu, device: Addr, irp: Addr| -> LocalFuture<Result<NtStatus, Stop>> {
        Box::pin(async move {
            let information = cpu.look().irp(irp)?.IoStatus.Information;
            cpu.k().set_io_status(irp, STATUS_SUCCESS, information)?;
            complete_request(&cpu, device, irp).await?;
            Ok(STATUS_SUCCESS)
        })
    })
}

/// A device object whose driver is Rust code.
fn device(kernel: &mut Kernel, name: &str, by: Actor, sim: Rc<dyn SimDriver>) -> Result<Addr, Stop> {
    let driver = kernel.create_driver(name, Addr::NULL)?;
    kernel.create_device(&DeviceSpec {
        driver,
        by,
        sim: Some(sim),
        extension: 16,
        device_type: 0x22,
        characteristics: 0,
        exclusive: false,
    })
}
