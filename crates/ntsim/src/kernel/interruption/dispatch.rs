//! Exceptions: looked for a handler frame by frame, and unwound to it, as `RtlDispatchException` and `RtlUnwindEx` do.
//!
//! The search ends where the kernel called the driver: an exception does not go on in whoever called the kernel.
//! One that is raised by a filter or a termination handler finds the handlers of that code only.

use super::{
    place,
    record::{Dispatcher, Records, TARGET_UNWIND, UNWINDING},
    unwind::{Frame, Function, LanguageHandler, function_at, is_in_image, leave_leaf},
};
use crate::{
    cpu::{Context, Register, Trap},
    kernel::{Kernel, bug_check::KMODE_EXCEPTION_NOT_HANDLED},
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// `ExceptionContinueExecution`
pub(super) const CONTINUE_EXECUTION: u32 = 0;
/// `ExceptionContinueSearch`
pub(super) const CONTINUE_SEARCH: u32 = 1;
/// What `__C_specific_handler` answers where Windows' never returns: unwind to this frame, and to the place that
/// `TargetIp` of the dispatcher's context names. No disposition of Windows has this number.
pub(super) const EXECUTE_HANDLER: u32 = 0x4E54_0001;
/// `STATUS_NONCONTINUABLE_EXCEPTION`
const NONCONTINUABLE_EXCEPTION: u32 = 0xC000_0025;
/// `STATUS_INVALID_DISPOSITION`
const INVALID_DISPOSITION: u32 = 0xC000_0026;
/// `SYSTEM_THREAD_EXCEPTION_NOT_HANDLED`
const SYSTEM_THREAD_EXCEPTION_NOT_HANDLED: u32 = 0x7E;
/// Frames after which a stack is taken for damaged.
const DEEPEST: usize = 1_000;

/// An exception.
#[derive(Clone, Debug)]
pub struct Raised {
    /// Its status.
    pub code: u32,
    /// `ExceptionInformation`
    pub information: Vec<u64>,
    /// Whether the driver may go on at the instruction.
    pub continuable: bool,
    /// What it is about.
    pub text: String,
    /// The fault that it comes from.
    trap: Option<Trap>,
}

impl Raised {
    /// An exception that a kernel routine raises. Nobody may go on where it was raised.
    #[must_use]
    pub fn by_routine(code: u32, text: impl Into<String>) -> Self {
        Self { code, information: Vec::new(), continuable: false, text: text.into(), trap: None }
    }

    pub(super) fn fault(code: u32, information: &[u64], trap: Trap) -> Self {
        Self {
            code,
            information: information.to_vec(),
            continuable: true,
            text: String::new(),
            trap: Some(trap),
        }
    }
}

/// Where an unwind goes.
struct Target {
    establisher: Addr,
    ip: Addr,
}

/// Gives an exception to the driver's handlers. The registers are those that the driver goes on with.
pub(super) async fn dispatch(cpu: &Cpu, at: &Context, raised: Raised) -> Result<Context, Stop> {
    let records = Records::below(at.stack());
    let mut context = *at;
    // Once, when the first handler is met: what handlers change stays.
    let mut written = false;
    for depth in 0..DEEPEST {
        let Some((function, frame)) = next_frame(&cpu.look(), &mut context, depth == 0)? else { break };
        if let Some(handler) = frame.handler.filter(|handler| handler.for_exceptions) {
            if !std::mem::replace(&mut written, true) {
                records.write(&mut cpu.k(), &raised, at)?;
            }
            let called = call_handler(cpu, records, &context, &function, &frame, handler, Addr::NULL);
            let (disposition, target) = called.await?;
            match disposition {
                CONTINUE_SEARCH => {}
                CONTINUE_EXECUTION if raised.continuable => return Ok(records.context(&cpu.look())?),
                CONTINUE_EXECUTION => {
                    let text = "a filter lets the driver go on after an exception that allows it not";
                    return Err(unhandled(&cpu.look(), at, NONCONTINUABLE_EXCEPTION, &[], text));
                }
                EXECUTE_HANDLER => {
                    let target = Target { establisher: frame.establisher, ip: target };
                    return unwind(cpu, at, &raised, records, &target).await;
                }
                other => {
                    let text = format!("a handler answers {other:#x}, which is no disposition");
                    return Err(unhandled(&cpu.look(), at, INVALID_DISPOSITION, &[], &text));
                }
            }
        }
        context = frame.caller;
    }
    Err(nobody(&cpu.look(), at, &raised))
}

/// The frame that a context is in. Code without an entry in the table is left first. `None`: it is the driver's no
/// longer.
fn next_frame(
    kernel: &Kernel,
    context: &mut Context,
    first: bool,
) -> Result<Option<(Function, Frame)>, Stop> {
    for step in 0..DEEPEST {
        // The driver may have jumped to where no code is; whoever it was that jumped is above.
        let jumped = first && step == 0;
        if !(jumped || is_in_image(kernel, context.rip)) {
            return Ok(None);
        }
        if let Some(function) = function_at(kernel, context.rip)? {
            let frame = function.frame(kernel, context)?;
            return Ok(Some((function, frame)));
        }
        *context = leave_leaf(kernel, context)?;
    }
    Ok(None)
}

/// Calls the language-specific handler of a frame. Gives its answer, and `TargetIp` as it left it.
async fn call_handler(
    cpu: &Cpu,
    records: Records,
    context: &Context,
    function: &Function,
    frame: &Frame,
    handler: LanguageHandler,
    target_ip: Addr,
) -> Result<(u32, Addr), Stop> {
    let dispatcher = Dispatcher {
        control_pc: context.rip,
        image_base: function.base,
        function: function.entry,
        establisher_frame: frame.establisher,
        target_ip,
        context: records.context,
        handler: handler.routine,
        handler_data: handler.data,
        history_table: Addr::NULL,
        scope_index: 0,
        padding: 0,
    };
    cpu.k().mem.write(records.dispatcher, &dispatcher)?;
    let arguments = [records.record, frame.establisher, records.context, records.dispatcher];
    let answer = cpu.call(handler.routine, &arguments.map(|argument| argument.0)).await;
    let dispatcher: Dispatcher = cpu.look().mem.read(records.dispatcher)?;
    // CAST: an enumeration is the lower half of the register.
    Ok((answer as u32, dispatcher.target_ip))
}

/// Leaves frame after frame, calls their termination handlers, and goes on in the target's.
async fn unwind(
    cpu: &Cpu,
    at: &Context,
    raised: &Raised,
    records: Records,
    target: &Target,
) -> Result<Context, Stop> {
    records.add_flags(&mut cpu.k(), UNWINDING)?;
    let mut context = *at;
    for depth in 0..DEEPEST {
        let Some((function, frame)) = next_frame(&cpu.look(), &mut context, depth == 0)? else { break };
        let is_target = frame.establisher == target.establisher;
        if is_target {
            records.add_flags(&mut cpu.k(), TARGET_UNWIND)?;
        }
        if let Some(handler) = frame.handler.filter(|handler| handler.for_unwinds) {
            call_handler(cpu, records, &context, &function, &frame, handler, target.ip).await?;
        }
        if is_target {
            context.rip = target.ip;
            context.set(Register::Rax, u64::from(raised.code));
            return Ok(context);
        }
        context = frame.caller;
    }
    Err(Stop::Host("an unwind did not meet its target".into()))
}

/// Nobody handles it.
fn nobody(kernel: &Kernel, at: &Context, raised: &Raised) -> Stop {
    raised
        .trap
        .map_or_else(|| unhandled(kernel, at, raised.code, &raised.information, &raised.text), Stop::Trap)
}

/// The bug check for an exception that nobody handles: one for threads of the system, one for others.
fn unhandled(kernel: &Kernel, at: &Context, code: u32, information: &[u64], text: &str) -> Stop {
    let of_system = kernel.current_process() == 0;
    let bug_check = if of_system { SYSTEM_THREAD_EXCEPTION_NOT_HANDLED } else { KMODE_EXCEPTION_NOT_HANDLED };
    let information = |index: usize| information.get(index).copied().unwrap_or(0);
    Stop::BugCheck {
        code: bug_check,
        parameters: [u64::from(code), at.rip.0, information(0), information(1)],
        text: format!("exception {code:#x} at {}, which nobody handles: {text}", place(kernel, at.rip)),
    }
}
