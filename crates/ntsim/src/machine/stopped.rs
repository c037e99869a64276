//! Turns the reason why a machine stopped into events: what Windows would show, and where it happened.

use nt_trace::{
    ObjectId, Site,
    event::{BugCheck, Deadlock, Fault, Livelock, PagedTouched, Step},
};

use crate::{
    cpu::{Trap, TrapKind},
    kernel::{Kernel, bug_check::KMODE_EXCEPTION_NOT_HANDLED, snapshot::Place},
    mem::{Addr, BadAccess, PAGE_SIZE, State},
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// `PAGE_FAULT_IN_NONPAGED_AREA`
const PAGE_FAULT_IN_NONPAGED_AREA: u32 = 0x50;
/// `UNEXPECTED_KERNEL_MODE_TRAP`
const UNEXPECTED_KERNEL_MODE_TRAP: u32 = 0x7F;
/// `SYSTEM_THREAD_EXCEPTION_NOT_HANDLED`
const SYSTEM_THREAD_EXCEPTION_NOT_HANDLED: u32 = 0x7E;
/// `ATTEMPTED_WRITE_TO_READONLY_MEMORY`
const ATTEMPTED_WRITE_TO_READONLY_MEMORY: u32 = 0xBE;
/// `PAGE_FAULT_IN_FREED_SPECIAL_POOL`
const PAGE_FAULT_IN_FREED_SPECIAL_POOL: u32 = 0xCC;
/// `PAGE_FAULT_BEYOND_END_OF_ALLOCATION`
const PAGE_FAULT_BEYOND_END_OF_ALLOCATION: u32 = 0xCD;
/// `DRIVER_IRQL_NOT_LESS_OR_EQUAL`
const DRIVER_IRQL_NOT_LESS_OR_EQUAL: u32 = 0xD1;
/// `DRIVER_POWER_STATE_FAILURE`
const DRIVER_POWER_STATE_FAILURE: u32 = 0x9F;
/// `DPC_WATCHDOG_VIOLATION`
const DPC_WATCHDOG_VIOLATION: u32 = 0x133;

const EXCEPTION_ILLEGAL_INSTRUCTION: u64 = 0xC000_001D;
const EXCEPTION_BREAKPOINT: u64 = 0x8000_0003;
const EXCEPTION_INT_DIVIDE_BY_ZERO: u64 = 0xC000_0094;

/// Records why the machine stopped.
pub(super) fn record(kernel: &mut Kernel, stop: &Stop) {
    match stop {
        Stop::Trap(trap) => record_trap(kernel, trap),
        Stop::BugCheck { code, parameters, text } => {
            kernel.emit(BugCheck { code: *code, parameters: *parameters, text: text.clone().into() });
        }
        Stop::BadAccess(BadAccess::PagedOut { address, .. }) => {
            let (irql, site) = (kernel.sched.irql(), kernel.site());
            let site = kernel.site_of(site);
            record_paged(kernel, site, *address, TrapKind::Read, [address.0, u64::from(irql), 0, 0]);
        }
        Stop::Exception(raised) => {
            let text = format!("exception {:#x}: {}", raised.code, raised.text);
            let parameters = [u64::from(raised.code), 0, 0, 0];
            kernel.emit(BugCheck { code: KMODE_EXCEPTION_NOT_HANDLED, parameters, text: text.into() });
        }
        Stop::BadAccess(bad) => {
            let text = format!("a kernel routine was given bad memory: {bad}");
            let code = PAGE_FAULT_IN_NONPAGED_AREA;
            kernel.emit(BugCheck { code, text: text.into(), ..BugCheck::default() });
        }
        Stop::Deadlock(text) => kernel.emit(Deadlock { text: text.clone().into() }),
        Stop::Livelock(text) => kernel.emit(Livelock { text: text.clone().into() }),
        Stop::Script(text) => kernel.emit(Step { text: format!("it went otherwise: {text}").into() }),
        Stop::Host(text) => {
            let text = format!("the simulator cannot go on: {text}");
            kernel.emit(BugCheck { text: text.into(), ..BugCheck::default() });
        }
    }
}

fn record_trap(kernel: &mut Kernel, trap: &Trap) {
    let site = kernel.site_of(trap.instruction);
    kernel.snapshots.trapped(Place { instruction: trap.instruction, stack: trap.stack, frame: trap.frame });
    let irql = kernel.sched.irql();
    if trap.kind == TrapKind::Hang {
        let text = "driver code used a second of processor time without a kernel call";
        kernel.emit_at(site.clone(), Livelock { text: text.into() });
    }
    if kernel.mem.is_paged_out(trap.address) {
        let write = u64::from(trap.kind == TrapKind::Write);
        let parameters = [trap.address.0, u64::from(irql), write, trap.instruction.0];
        record_paged(kernel, site, trap.address, trap.kind, parameters);
        return;
    }
    let memory = matches!(trap.kind, TrapKind::Read | TrapKind::Write | TrapKind::Execute);
    let (object, offset, about) = whereabouts(kernel, trap.address);
    let touched = kernel.mem.object_near(trap.address);
    let given_away = touched.is_some_and(|object| object.state == State::Revoked);
    let what = match trap.kind {
        TrapKind::Read => format!("read of {about}"),
        TrapKind::Write => format!("write to {about}"),
        TrapKind::Execute => format!("execution of {about}"),
        TrapKind::IllegalInstruction => "an instruction that the processor refuses".into(),
        TrapKind::Breakpoint => "a breakpoint".into(),
        TrapKind::Arithmetic => "a division error".into(),
        TrapKind::Hang => "an endless loop".into(),
    };
    if memory {
        kernel.emit_at(
            site.clone(),
            Fault {
                object,
                offset,
                write: trap.kind == TrapKind::Write,
                execute: trap.kind == TrapKind::Execute,
                given_away,
                text: what.clone().into(),
            },
        );
    }
    let (code, first) = code_of(kernel, trap, irql);
    let parameters = if memory {
        // Addresses of the arena are the same in every run, so they may stand in a trace's bug check.
        [trap.address.0, u64::from(irql), u64::from(trap.kind == TrapKind::Write), trap.instruction.0]
    } else {
        [first, trap.instruction.0, 0, 0]
    };
    kernel.emit_at(site, BugCheck { code, parameters, text: what.into() });
}

/// Records that memory was touched which may be paged out, where that cannot be.
fn record_paged(
    kernel: &mut Kernel,
    site: Option<Site>,
    address: Addr,
    kind: TrapKind,
    parameters: [u64; 4],
) {
    let (write, execute) = (kind == TrapKind::Write, kind == TrapKind::Execute);
    let (object, section, start) = match kernel.mem.pageable_section(address) {
        Some(section) => (ObjectId::NONE, section.name.clone(), section.start),
        None => kernel.mem.object_at(address).map_or((ObjectId::NONE, String::new(), address), |object| {
            (object.id, String::new(), object.start)
        }),
    };
    let offset = address.0 - start.0;
    let place =
        if section.is_empty() { format!("{object} in paged pool") } else { format!("section {section}") };
    kernel.emit_at(site.clone(), PagedTouched { object, section: section.into(), offset, write, execute });
    let irql = kernel.sched.irql();
    let (code, when) = if irql >= DISPATCH_LEVEL {
        (DRIVER_IRQL_NOT_LESS_OR_EQUAL, format!("at IRQL {irql}"))
    } else {
        (DRIVER_POWER_STATE_FAILURE, "while the system goes to sleep: the page fault never ends".into())
    };
    let text = format!("offset {offset} of {place}, which may be paged out, is touched {when}");
    kernel.emit_at(site, BugCheck { code, parameters, text: text.into() });
}

/// The bug check that Windows with special pool would show, and its first parameter where it is not an address.
fn code_of(kernel: &Kernel, trap: &Trap, irql: u8) -> (u32, u64) {
    let in_image =
        kernel.mem.image().is_some_and(|(base, size)| (base.0..base.0 + size).contains(&trap.address.0));
    match trap.kind {
        TrapKind::Hang => (DPC_WATCHDOG_VIOLATION, 0),
        TrapKind::IllegalInstruction => (SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, EXCEPTION_ILLEGAL_INSTRUCTION),
        TrapKind::Breakpoint => (SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, EXCEPTION_BREAKPOINT),
        TrapKind::Arithmetic => (SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, EXCEPTION_INT_DIVIDE_BY_ZERO),
        // A kernel stack that runs into its guard page is a double fault.
        _ if is_stack_overflow(trap) => (UNEXPECTED_KERNEL_MODE_TRAP, 8),
        TrapKind::Write if in_image => (ATTEMPTED_WRITE_TO_READONLY_MEMORY, 0),
        _ => match kernel.mem.object_near(trap.address) {
            Some(object) if object.state == State::Freed => (PAGE_FAULT_IN_FREED_SPECIAL_POOL, 0),
            Some(_) => (PAGE_FAULT_BEYOND_END_OF_ALLOCATION, 0),
            None if irql >= DISPATCH_LEVEL => (DRIVER_IRQL_NOT_LESS_OR_EQUAL, 0),
            None => (PAGE_FAULT_IN_NONPAGED_AREA, 0),
        },
    }
}

const fn is_stack_overflow(trap: &Trap) -> bool {
    let below = trap.stack.0.saturating_sub(trap.address.0);
    let above = trap.address.0.saturating_sub(trap.stack.0);
    !trap.address.is_null() && below < PAGE_SIZE && above < 64
}

/// The object that an address belongs to or lies next to, the offset from its start, and all that in words.
fn whereabouts(kernel: &Kernel, address: Addr) -> (ObjectId, i64, String) {
    let Some(object) = kernel.mem.object_near(address) else {
        let what = if address.0 < PAGE_SIZE {
            format!("the null page at {:#x}", address.0)
        } else if kernel.discardable.iter().any(|part| part.contains(&address)) {
            "a part of the driver that is for DriverEntry only (INIT, discarded when it returned)".into()
        } else {
            "memory that is nobody's".into()
        };
        return (ObjectId::NONE, 0, what);
    };
    let offset = address.0.wrapping_sub(object.start.0).cast_signed();
    let state = match object.state {
        State::Live => "",
        State::Revoked => ", which the driver gave away",
        State::Freed => ", which was freed",
    };
    (object.id, offset, format!("offset {offset} of {} ({} bytes){state}", object.id, object.length))
}
