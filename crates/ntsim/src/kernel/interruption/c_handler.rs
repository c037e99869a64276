//! `__C_specific_handler`: the handler of every C function with `__try`. Its data is a `SCOPE_TABLE_AMD64` (winnt.h).

use super::{
    dispatch::{CONTINUE_EXECUTION, CONTINUE_SEARCH, EXECUTE_HANDLER},
    record::{Dispatcher, TARGET_UNWIND, UNWINDING},
};
use crate::{
    kernel::{
        Kernel,
        export::{Args, Export, HIGH_LEVEL, Handler, Returns},
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// The handler.
pub(super) const EXPORTS: &[Export] = &[Export::new(
    "__C_specific_handler",
    "devnotes/--c-specific-handler2",
    HIGH_LEVEL,
    Returns::Number,
    &[],
    Handler::Async(|cpu, args| Box::pin(c_specific_handler(cpu, args))),
)];

/// A filter that is no function but the constant `EXCEPTION_EXECUTE_HANDLER`.
const ALWAYS: u64 = 1;

/// One `__try`, by offsets from the image's base.
#[derive(Clone, Copy)]
struct Scope {
    begin: u64,
    end: u64,
    /// The filter, or the termination handler.
    handler: u64,
    /// The body of `__except`; 0 for `__finally`.
    target: u64,
}

impl Scope {
    fn read(kernel: &Kernel, table: Addr, index: u32) -> Result<Self, Stop> {
        let at = table.add(4 + u64::from(index) * 16);
        let [begin, end, handler, target] = kernel.mem.read::<[u32; 4]>(at)?.map(u64::from);
        Ok(Self { begin, end, handler, target })
    }

    const fn contains(&self, offset: u64) -> bool {
        self.begin <= offset && offset < self.end
    }
}

/// Arguments: `ExceptionRecord`, `EstablisherFrame`, `ContextRecord`, `DispatcherContext`.
async fn c_specific_handler(cpu: Cpu, args: Args) -> Result<u64, Stop> {
    let (flags, frame, at, dispatcher) = {
        let kernel = cpu.look();
        let (record, at) = (args.pointer(&kernel, 0)?, args.pointer(&kernel, 3)?);
        let dispatcher: Dispatcher = kernel.mem.read(at)?;
        (kernel.mem.read::<u32>(record.add(4))?, args.get(&kernel, 1)?, at, dispatcher)
    };
    let disposition = if flags & UNWINDING == 0 {
        search(&cpu, args, frame, at, dispatcher).await?
    } else {
        clean_up(&cpu, frame, at, dispatcher, flags & TARGET_UNWIND != 0).await?
    };
    Ok(u64::from(disposition))
}

/// Asks the filters of the scopes that the frame is in, the innermost first.
async fn search(
    cpu: &Cpu,
    args: Args,
    frame: u64,
    at: Addr,
    mut dispatcher: Dispatcher,
) -> Result<u32, Stop> {
    let (pointers, count) = {
        let mut kernel = cpu.k();
        let (record, context) = (args.pointer(&kernel, 0)?, args.pointer(&kernel, 2)?);
        // EXCEPTION_POINTERS, in the home slots of this call's own arguments, which are read already.
        let pointers = args.base;
        kernel.mem.write(pointers, &<[Addr; 2]>::from((record, context)))?;
        (pointers, kernel.mem.read::<u32>(dispatcher.handler_data)?)
    };
    let offset = dispatcher.control_pc.0.wrapping_sub(dispatcher.image_base.0);
    for index in dispatcher.scope_index..count {
        let scope = Scope::read(&cpu.look(), dispatcher.handler_data, index)?;
        if !scope.contains(offset) || scope.target == 0 {
            continue;
        }
        let answer = if scope.handler == ALWAYS {
            1
        } else {
            let filter = dispatcher.image_base.add(scope.handler);
            // CAST: a LONG is the lower half of the register.
            cpu.call(filter, &[pointers.0, frame]).await as i32
        };
        if answer < 0 {
            return Ok(CONTINUE_EXECUTION);
        }
        if answer > 0 {
            dispatcher.target_ip = dispatcher.image_base.add(scope.target);
            cpu.k().mem.write(at, &dispatcher)?;
            return Ok(EXECUTE_HANDLER);
        }
    }
    Ok(CONTINUE_SEARCH)
}

/// Calls the termination handlers of the scopes that the frame is leaving, the innermost first.
async fn clean_up(
    cpu: &Cpu,
    frame: u64,
    at: Addr,
    mut dispatcher: Dispatcher,
    is_target: bool,
) -> Result<u32, Stop> {
    let count: u32 = cpu.look().mem.read(dispatcher.handler_data)?;
    let offset = dispatcher.control_pc.0.wrapping_sub(dispatcher.image_base.0);
    let target = dispatcher.target_ip.0.wrapping_sub(dispatcher.image_base.0);
    for index in dispatcher.scope_index..count {
        let scope = Scope::read(&cpu.look(), dispatcher.handler_data, index)?;
        if !scope.contains(offset) {
            continue;
        }
        // The frame stays where the unwind ends, in the scopes that the place is in.
        if is_target && (scope.contains(target) || scope.target == target) {
            break;
        }
        if scope.target == 0 {
            // Should it raise an exception, it is not called again.
            dispatcher.scope_index = index + 1;
            cpu.k().mem.write(at, &dispatcher)?;
            let handler = dispatcher.image_base.add(scope.handler);
            cpu.call(handler, &[1, frame]).await;
        }
    }
    Ok(CONTINUE_SEARCH)
}
