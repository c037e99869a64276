//! Raising and lowering `IRQL`.

use nt_trace::event::{IrqlLowered, IrqlRaised};

use crate::{
    kernel::{
        Kernel,
        bug_check::{IRQL_NOT_LESS_OR_EQUAL, bug_check},
        export::{Args, Export, HIGH_LEVEL, Handler, Returns},
    },
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// `KeRaiseIrql` and its siblings, by the names that headers of several ages give them.
pub const EXPORTS: &[Export] = &[
    Export::new("KeGetCurrentIrql", GET, HIGH_LEVEL, Returns::Number, &[], Handler::Sync(get_irql)),
    Export::new("KfRaiseIrql", RAISE, HIGH_LEVEL, Returns::Number, &[], Handler::Sync(raise_irql)),
    Export::new("KzRaiseIrql", RAISE, HIGH_LEVEL, Returns::Number, &[], Handler::Sync(raise_irql)),
    Export::new(
        "KeRaiseIrqlToDpcLevel",
        RAISE_TO_DPC,
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(to_dpc),
    ),
    Export::new("KeLowerIrql", LOWER, HIGH_LEVEL, Returns::Void, &[], Handler::Sync(lower_irql)),
    Export::new("KzLowerIrql", LOWER, HIGH_LEVEL, Returns::Void, &[], Handler::Sync(lower_irql)),
];

const GET: &str = "wdm/nf-wdm-kegetcurrentirql";
const RAISE: &str = "wdm/nf-wdm-kfraiseirql";
const RAISE_TO_DPC: &str = "wdm/nf-wdm-keraiseirqltodpclevel";
const LOWER: &str = "wdm/nf-wdm-kelowerirql";

fn get_irql(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(u64::from(kernel.sched.irql()))
}

fn raise_irql(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let to = args.byte(kernel, 0)?;
    raise(kernel, to)
}

fn to_dpc(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    raise(kernel, DISPATCH_LEVEL)
}

fn raise(kernel: &mut Kernel, to: u8) -> Result<u64, Stop> {
    let from = kernel.sched.irql();
    // Said first, so that the rule about it speaks.
    kernel.emit(IrqlRaised { from, to });
    if to < from {
        let text = format!("IRQL raised from {from} to {to}");
        return Err(bug_check(IRQL_NOT_LESS_OR_EQUAL, u64::from(to), text));
    }
    kernel.sched.set_irql(to);
    Ok(u64::from(from))
}

fn lower_irql(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let to = args.byte(kernel, 0)?;
    lower(kernel, to)
}

/// A write of CR8, which is what `KeRaiseIrql` and `KeLowerIrql` are in drivers of some compilers.
///
/// # Errors
/// As the routines: none.
pub fn set_irql_inline(kernel: &mut Kernel, to: u8) -> Result<(), Stop> {
    if to < kernel.sched.irql() {
        lower(kernel, to)?
    } else {
        raise(kernel, to)?
    };
    Ok(())
}

fn lower(kernel: &mut Kernel, to: u8) -> Result<u64, Stop> {
    let from = kernel.sched.irql();
    kernel.emit(IrqlLowered { from, to });
    if to > from {
        let text = format!("IRQL lowered from {from} to {to}");
        return Err(bug_check(IRQL_NOT_LESS_OR_EQUAL, u64::from(to), text));
    }
    kernel.sched.set_irql(to);
    Ok(0)
}
