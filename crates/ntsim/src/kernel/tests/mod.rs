//! Tries the I/O manager with drivers of the simulator's own, without an image.

mod files;
mod inline_effects;
mod irps;
mod locks;
mod names;
mod stacks;
mod text;
mod waits;

use std::{cell::RefCell, rc::Rc};

use nt_trace::{EventKind, NtStatus, event::Actor};

use super::{
    Kernel,
    io::{DeviceSpec, LocalFuture, SimDriver, complete_request},
};
use crate::{
    abi::status::STATUS_SUCCESS,
    mem::{Addr, Gate, Mem, Mode},
    sched::{Cpu, Executor, RoundRobin, Sched},
    stop::Stop,
};

/// Runs a task on a new machine and gives what it returned, and the trace.
pub fn run<T, F, R>(task: F) -> (Result<Option<T>, Stop>, Vec<EventKind>)
where
    T: 'static,
    F: FnOnce(Cpu) -> R + 'static,
    R: Future<Output = Result<T, Stop>> + 'static,
{
    run_in(Mode::Guarded, task)
}

/// As [`run`], with memory of either kind.
pub fn run_in<T, F, R>(memory: Mode, task: F) -> (Result<Option<T>, Stop>, Vec<EventKind>)
where
    T: 'static,
    F: FnOnce(Cpu) -> R + 'static,
    R: Future<Output = Result<T, Stop>> + 'static,
{
    // Both arenas have fixed addresses, so machines of one process come one after another.
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mem = Mem::new(memory, Gate::Best).expect("the arenas are mapped");
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
pub fn obliging() -> Rc<dyn SimDriver> {
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
pub fn device(kernel: &mut Kernel, name: &str, by: Actor, sim: Rc<dyn SimDriver>) -> Result<Addr, Stop> {
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

/// Calls an export as a driver would: the arguments lie in a block of memory.
pub async fn export(cpu: &Cpu, name: &str, arguments: &[u64]) -> Result<u64, Stop> {
    let export = super::exports::find_by_name(name).expect("an export");
    let args = {
        let mut kernel = cpu.k();
        let base = kernel.system_allocate(96, crate::mem::Fill::Zero)?;
        for (index, argument) in arguments.iter().enumerate() {
            kernel.mem.write(base.add(index as u64 * 8), argument)?;
        }
        super::export::Args { base, site: Addr::NULL }
    };
    match export.handler {
        super::export::Handler::Sync(routine) => routine(&mut cpu.k(), args),
        super::export::Handler::Async(routine) => routine(cpu.clone(), args).await,
        super::export::Handler::Try(routine, otherwise) => {
            let answer = routine(&mut cpu.k(), args)?;
            match answer {
                Some(value) => Ok(value),
                None => otherwise(cpu.clone(), args).await,
            }
        }
        super::export::Handler::Data(_) => panic!("{name} is a variable"),
    }
}

/// Memory of the driver's that holds these bytes.
pub fn memory(cpu: &Cpu, bytes: &[u8]) -> Result<Addr, Stop> {
    let mut kernel = cpu.k();
    let block = kernel.system_allocate(bytes.len() as u64, crate::mem::Fill::Zero)?;
    kernel.mem.bytes_mut(block, bytes.len() as u64)?.copy_from_slice(bytes);
    Ok(block)
}

/// A counted string in memory of the driver's.
pub fn counted(cpu: &Cpu, text: &str) -> Result<Addr, Stop> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let buffer = memory(cpu, &units)?;
    let length = u16::try_from(units.len()).expect("a short text");
    let string = memory(cpu, &[0; 16])?;
    cpu.k().mem.write(string, &crate::abi::UNICODE_STRING::new(length, length, buffer))?;
    Ok(string)
}
