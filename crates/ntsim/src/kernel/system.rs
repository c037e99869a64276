//! Bug checks, the system's version and parameters, and looking up routines.

use super::{
    Kernel, answer,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
    exports,
};
use crate::{
    abi::{UNICODE_STRING, status::STATUS_NOT_IMPLEMENTED},
    cpu::{stack_probe, thunk_address},
    mem::{Addr, SYSTEM_RANGE_START},
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `KeBugCheckEx` and what has no place elsewhere.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeBugCheckEx",
        "wdm/nf-wdm-kebugcheckex",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(bug_check_ex),
    ),
    Export::new(
        "MmGetSystemRoutineAddress",
        "wdm/nf-wdm-mmgetsystemroutineaddress",
        PASSIVE_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(routine_address),
    ),
    Export::new(
        "MmSystemRangeStart",
        "wdm/nf-wdm-mmsystemrangestart",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Data(system_range_start),
    ),
    Export::new(
        "__chkstk",
        "c-runtime/chkstk-routine",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Data(|_| Ok(stack_probe())),
    ),
    Export::new(
        "IoGetDmaAdapter",
        "wdm/nf-wdm-iogetdmaadapter",
        PASSIVE_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(no_dma_adapter),
    ),
    Export::new(
        "KeQueryInterruptTime",
        "wdm/nf-wdm-kequeryinterrupttime",
        HIGH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(interrupt_time),
    ),
    Export::new(
        "KeQueryInterruptTimePrecise",
        "wdm/nf-wdm-kequeryinterrupttimeprecise",
        HIGH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(interrupt_time_precise),
    ),
    Export::new(
        "KeQueryUnbiasedInterruptTime",
        "wdm/nf-wdm-kequeryunbiasedinterrupttime",
        HIGH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(interrupt_time),
    ),
    Export::new(
        "ZwQuerySystemInformation",
        "winternl/nf-winternl-ntquerysysteminformation",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(not_implemented),
    ),
];

fn bug_check_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let code = args.ulong(kernel, 0)?;
    let mut parameters = [0; 4];
    for (index, parameter) in parameters.iter_mut().enumerate() {
        *parameter = args.get(kernel, index as u64 + 1)?;
    }
    Err(Stop::BugCheck { code, parameters, text: "the driver called KeBugCheckEx".into() })
}

/// Finds routines that are imported already by their import; another one gets an import of its own.
fn routine_address(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let name: UNICODE_STRING = kernel.mem.read(args.pointer(kernel, 0)?)?;
    let name = kernel.counted_text(&name)?;
    let Some(export) = exports::find_by_name(&name) else { return Ok(0) };
    if let Handler::Data(variable) = export.handler {
        return Ok(variable(kernel)?.0);
    }
    Ok(kernel.thunk_for(export).0)
}

impl Kernel {
    /// The address that a driver calls a routine by, whether or not its image imports the routine.
    fn thunk_for(&mut self, export: &'static Export) -> Addr {
        let known = self.imports.iter().position(|import| std::ptr::eq(*import, export));
        let index = known.unwrap_or_else(|| {
            self.imports.push(export);
            self.imports.len() - 1
        });
        thunk_address(index)
    }

    /// The same, by the routine's name.
    ///
    /// # Errors
    /// When the kernel has no such routine.
    pub(super) fn thunk_of(&mut self, name: &str) -> Result<Addr, Stop> {
        let export = exports::find_by_name(name);
        let export = export.ok_or_else(|| Stop::Host(format!("there is no routine {name}")))?;
        Ok(self.thunk_for(export))
    }
}

/// The variable lies in the simulator, where no life's end takes it away; drivers only read it.
fn system_range_start(_: &mut Kernel) -> Result<Addr, Stop> {
    static VARIABLE: u64 = SYSTEM_RANGE_START.0;
    Ok(Addr(&raw const VARIABLE as u64))
}

/// The time in which the system sleeps, which the unbiased time leaves out, is none here: it wakes when it is told to.
const fn interrupt_time(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(kernel.sched.now)
}

/// The counter that the time was interpolated with is the time itself: simulated time has no finer one.
fn interrupt_time_precise(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (out, now) = (args.pointer(kernel, 0)?, kernel.sched.now);
    kernel.mem.write(out, &now)?;
    Ok(now)
}

const fn not_implemented(_: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(answer(STATUS_NOT_IMPLEMENTED))
}

/// There is no DMA here; its page: NULL when no adapter can be had.
const fn no_dma_adapter(_: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(0)
}
