//! Giving time away.

use crate::{
    kernel::export::{Args, Export, Handler, Returns, RoutineFuture},
    sched::{APC_LEVEL, Cpu, PASSIVE_LEVEL},
};

/// `KeDelayExecutionThread` and `ZwYieldExecution`.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeDelayExecutionThread",
        "wdm/nf-wdm-kedelayexecutionthread",
        APC_LEVEL,
        Returns::Status,
        &[],
        Handler::Async(delay),
    ),
    Export::new(
        "ZwYieldExecution",
        "ntifs/nf-ntifs-zwyieldexecution",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Async(yield_execution),
    ),
];

fn delay(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let ticks = {
            let kernel = cpu.look();
            let interval: i64 = kernel.mem.read(args.pointer(&kernel, 2)?)?;
            kernel.due(interval).saturating_sub(kernel.sched.now)
        };
        cpu.sleep(ticks).await;
        Ok(0)
    })
}

fn yield_execution(cpu: Cpu, _: Args) -> RoutineFuture {
    Box::pin(async move {
        cpu.yield_now().await;
        Ok(0)
    })
}
