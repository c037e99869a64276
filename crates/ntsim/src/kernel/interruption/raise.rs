//! `ExRaiseStatus` and its siblings.

use crate::{
    abi::status::{STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT},
    kernel::{
        Kernel,
        bug_check::exception,
        export::{Args, Export, Handler, Returns},
    },
    sched::APC_LEVEL,
    stop::Stop,
};

/// The routines. None of them returns.
pub(super) const EXPORTS: &[Export] = &[
    raises("ExRaiseStatus", "ntddk/nf-ntddk-exraisestatus", status),
    raises("RtlRaiseStatus", "ntddk/nf-ntddk-exraisestatus", status),
    raises("ExRaiseAccessViolation", "ntddk/nf-ntddk-exraiseaccessviolation", access_violation),
    raises("ExRaiseDatatypeMisalignment", "ntddk/nf-ntddk-exraisedatatypemisalignment", misalignment),
];

const fn raises(
    name: &'static str,
    page: &'static str,
    code: fn(&mut Kernel, Args) -> Result<u64, Stop>,
) -> Export {
    Export::new(name, page, APC_LEVEL, Returns::Void, &[], Handler::Sync(code))
}

fn status(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    Err(exception(args.ulong(kernel, 0)?, "ExRaiseStatus"))
}

fn access_violation(_: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Err(exception(STATUS_ACCESS_VIOLATION.0, "ExRaiseAccessViolation"))
}

fn misalignment(_: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Err(exception(STATUS_DATATYPE_MISALIGNMENT.0, "ExRaiseDatatypeMisalignment"))
}
