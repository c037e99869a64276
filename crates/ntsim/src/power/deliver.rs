//! Sending power IRPs to stacks, and what comes after their last completion routine.

use std::{cell::Cell, rc::Rc};

use nt_trace::{
    NtStatus,
    event::{Callback, IrpOrigin, PowerCallbackReturned, PowerIrpCompleted, PowerIrpCreated},
};

use crate::{
    abi::{
        IO_STATUS_BLOCK,
        device_flags::{DO_POWER_INRUSH, DO_POWER_PAGABLE},
        irp_major::IRP_MJ_POWER,
        irp_minor::{IRP_MN_QUERY_POWER, IRP_MN_SET_POWER, IRP_MN_WAIT_WAKE},
        power::{DEVICE_POWER_STATE, POWER_DEVICE_D0, SYSTEM_POWER_STATE},
        status::{STATUS_NOT_SUPPORTED, STATUS_SUCCESS},
    },
    kernel::{
        Kernel,
        callback::{self, Frame},
        io::{IrpSpec, call_driver},
        ke::Latch,
    },
    mem::{Addr, Fill},
    sched::{Cpu, DISPATCH_LEVEL, PASSIVE_LEVEL, Time},
    stop::Stop,
};

/// `DRIVER_POWER_STATE_FAILURE`
const DRIVER_POWER_STATE_FAILURE: u32 = 0x9F;

/// How long a power IRP may take, in units of 100 ns: ten minutes.
const TOO_LONG: Time = 600 * 10_000_000;
/// First parameter of 0x9F: a device object has been blocking an IRP for too long a time.
const BLOCKED: u64 = 0x3;

/// What a power IRP asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// The physical device object of the stack.
    pub pdo: Addr,
    /// `IRP_MN_*`
    pub minor: u8,
    /// For the system's state.
    pub system: bool,
    /// The state.
    pub state: u32,
    /// Asked for by `PoRequestPowerIrp`.
    pub requested: bool,
}

/// A power IRP that is made, and not sent yet.
#[derive(Debug)]
pub(super) struct Parcel {
    pub irp: Addr,
    pub pdo: Addr,
    pub system: bool,
    minor: u8,
    state: u32,
    /// The top of the stack when it was made.
    top: Addr,
}

impl Parcel {
    pub const fn is_wake(&self) -> bool {
        self.minor == IRP_MN_WAIT_WAKE
    }
}

/// Whom to tell that a power IRP has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requester {
    /// The device object that it was asked for.
    pub device: Addr,
    /// The device object of the driver that asked.
    pub owner: Addr,
    /// The callback, or NULL.
    pub routine: Addr,
    /// What it gets.
    pub context: Addr,
}

/// A power IRP that is with drivers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outstanding {
    wake: bool,
    watchdog: Option<u64>,
}

impl Outstanding {
    /// Whether somebody watches that it does not take too long: all do but wait/wake IRPs.
    pub const fn watched(self) -> bool {
        !self.wake
    }
}

/// Makes a power IRP. `requester`: whose callback is called when every driver is done with it.
///
/// # Errors
/// When the host refuses memory.
pub(super) fn make(
    kernel: &mut Kernel,
    wish: Wish,
    requester: Option<Requester>,
    ended: Option<Ended>,
) -> Result<Parcel, Stop> {
    let Wish { pdo, minor, system, state, requested } = wish;
    let top = kernel.top_of_stack(pdo)?;
    let mut spec = IrpSpec::new(IrpOrigin::PowerManager, IRP_MJ_POWER, minor);
    spec.status = STATUS_NOT_SUPPORTED;
    if minor == IRP_MN_WAIT_WAKE {
        // Parameters.WaitWake.PowerState
        spec.parameters.Argument1 = Addr(u64::from(state));
    } else {
        let context = kernel.power_context(system, state);
        let action = kernel.power_action();
        let power = spec.parameters.Power_mut();
        power.SystemContext = context;
        power.Type = if system { SYSTEM_POWER_STATE } else { DEVICE_POWER_STATE };
        power.State = state;
        power.ShutdownType = action;
    }
    let irp = kernel.build_irp(top, &spec, None)?;
    let from = if system { kernel.power.system } else { kernel.usb_power_state(pdo) };
    let (irp_name, pdo_name) = (kernel.object(irp), kernel.object(pdo));
    kernel.emit(PowerIrpCreated { irp: irp_name, pdo: pdo_name, minor, system, state, from, requested });
    let end = End { wish, top, requester, ended };
    kernel.set_completion(
        irp,
        Box::new(move |cpu, _, irp| Box::pin(async move { end.run(&cpu, irp).await })),
    )?;
    kernel.reference_device(top, true)?;
    let wake = minor == IRP_MN_WAIT_WAKE;
    kernel.power.outstanding.insert(irp, Outstanding { wake, watchdog: None });
    Ok(Parcel { irp, pdo, system, minor, state, top })
}

/// What is told when a power IRP has ended: its status.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    pub status: Rc<Cell<NtStatus>>,
    pub latch: Latch,
}

/// What the power manager does when the last completion routine has let an IRP go.
struct End {
    wish: Wish,
    top: Addr,
    requester: Option<Requester>,
    ended: Option<Ended>,
}

impl End {
    async fn run(self, cpu: &Cpu, irp: Addr) -> Result<NtStatus, Stop> {
        let Wish { pdo, minor, system, state, .. } = self.wish;
        let routine = self.requester.map_or(Addr::NULL, |requester| requester.routine);
        let status = {
            let mut kernel = cpu.k();
            let status = NtStatus(kernel.irp(irp)?.IoStatus.Status);
            let name = kernel.object(irp);
            kernel.emit(PowerIrpCompleted { irp: name, status, callback: !routine.is_null() });
            kernel.power_ended(irp);
            if let Some(next) = kernel.power_next(pdo, system, irp) {
                send_later(&mut kernel, next);
            }
            status
        };
        if let Some(Requester { device, owner, context, .. }) =
            self.requester.filter(|requester| !requester.routine.is_null())
        {
            let what = Callback::PowerCompletion { device: cpu.look().object(device), minor };
            // A copy: the IRP is not the driver's any more.
            let block = cpu.k().power_status_block(irp)?;
            let arguments = [device, Addr(u64::from(minor)), Addr(u64::from(state)), context, block];
            callback::call_in(cpu, what, routine, &arguments, Frame { device: owner, irp: Addr::NULL })
                .await?;
            cpu.k().pool_free(block, 0)?;
        }
        let mut kernel = cpu.k();
        if self.requester.is_some() {
            let (irp, pdo) = (kernel.object(irp), kernel.object(pdo));
            kernel.emit(PowerCallbackReturned { irp, pdo });
        }
        if let Some(requester) = self.requester {
            kernel.reference_device(requester.device, false)?;
        }
        kernel.reference_device(self.top, false)?;
        if let Some(Ended { status: cell, latch }) = self.ended {
            cell.set(status);
            latch.open(&mut kernel);
        }
        Ok(STATUS_SUCCESS)
    }
}

impl Kernel {
    /// A copy of an IRP's status, for a callback.
    fn power_status_block(&mut self, irp: Addr) -> Result<Addr, Stop> {
        let status = self.irp(irp)?.IoStatus;
        let block = self.system_allocate(size_of::<IO_STATUS_BLOCK>() as u64, Fill::Zero)?;
        self.mem.write(block, &status)?;
        Ok(block)
    }

    /// Whether power IRPs of a stack come at `PASSIVE_LEVEL`: the page of `IRP_MN_SET_POWER`.
    fn power_irql(&self, pdo: Addr, minor: u8, system: bool, state: u32) -> u8 {
        let flags = |device| self.device_flags(device).unwrap_or(DO_POWER_PAGABLE);
        let pagable = flags(pdo) & DO_POWER_PAGABLE != 0;
        let up = minor == IRP_MN_SET_POWER && !system && state == POWER_DEVICE_D0;
        let inrush = up && self.stack_above(pdo).any(|device| flags(device) & DO_POWER_INRUSH != 0);
        if minor == IRP_MN_WAIT_WAKE || (pagable && !inrush) { PASSIVE_LEVEL } else { DISPATCH_LEVEL }
    }

    /// The device objects of a stack, from this one upwards.
    fn stack_above(&self, device: Addr) -> impl Iterator<Item = Addr> + '_ {
        std::iter::successors(Some(device), |device| {
            let above = self.mem.at::<crate::abi::DEVICE_OBJECT>(*device).ok()?.AttachedDevice;
            (!above.is_null()).then_some(above)
        })
    }

    /// A power IRP has ended: nobody watches it any more.
    fn power_ended(&mut self, irp: Addr) {
        if let Some(Outstanding { watchdog: Some(number), .. }) = self.power.outstanding.remove(&irp) {
            self.sched.cancel(number);
        }
        for thread in std::mem::take(&mut self.power.waiters) {
            self.sched.wake(thread, 0);
        }
    }

    /// Starts to watch a power IRP that is on its way.
    fn power_watch(&mut self, parcel: &Parcel) {
        if parcel.is_wake() {
            return;
        }
        let (irp, pdo) = (parcel.irp, parcel.pdo);
        let due = self.sched.now.saturating_add(TOO_LONG);
        let number = self.sched.at(due, move |kernel| {
            kernel.sched.spawn("power watchdog", PASSIVE_LEVEL, move |cpu| async move {
                Err(too_long(&cpu, pdo, irp))
            });
        });
        if let Some(outstanding) = self.power.outstanding.get_mut(&irp) {
            outstanding.watchdog = Some(number);
        }
    }
}

fn too_long(cpu: &Cpu, pdo: Addr, irp: Addr) -> Stop {
    let kernel = cpu.look();
    let text = format!(
        "{} was sent to the stack of {} ten minutes ago and is not complete",
        kernel.object(irp),
        kernel.object(pdo)
    );
    let functional = kernel.top_of_stack(pdo).unwrap_or(Addr::NULL);
    let parameters = [BLOCKED, pdo.0, functional.0, irp.0];
    Stop::BugCheck { code: DRIVER_POWER_STATE_FAILURE, parameters, text }
}

/// The IRQL at which an IRP is to come to its stack.
pub(super) fn irql(kernel: &Kernel, parcel: &Parcel) -> u8 {
    kernel.power_irql(parcel.pdo, parcel.minor, parcel.system, parcel.state)
}

/// Sends an IRP whose turn it is, on this thread.
///
/// # Errors
/// When the machine stops.
pub(super) async fn send(cpu: &Cpu, parcel: Parcel) -> Result<(), Stop> {
    cpu.k().power_watch(&parcel);
    call_driver(cpu, Addr::NULL, parcel.top, parcel.irp).await.map(drop)
}

/// Sends an IRP whose turn it is, on a thread of its own.
pub(super) fn send_later(kernel: &mut Kernel, parcel: Parcel) {
    let irql = irql(kernel, &parcel);
    kernel.sched.spawn("power", irql, move |cpu| async move { send(&cpu, parcel).await });
}

/// Sends an IRP of the power manager's own and waits until every driver is done with it. Gives its status.
///
/// # Errors
/// When the machine stops.
pub(super) async fn send_and_wait(cpu: &Cpu, wish: Wish) -> Result<NtStatus, Stop> {
    let ended = Ended::default();
    let name = {
        let mut kernel = cpu.k();
        let parcel = make(&mut kernel, wish, None, Some(ended.clone()))?;
        let name = kernel.object(parcel.irp);
        if let Some(parcel) = kernel.power_line_up(parcel) {
            send_later(&mut kernel, parcel);
        }
        name
    };
    ended.latch.wait(cpu, name.to_string()).await;
    Ok(ended.status.get())
}

/// `IRP_MN_SET_POWER`, or `IRP_MN_QUERY_POWER` if `query`, for a device state, from the power manager itself: it
/// does so for devices that it watches for idleness.
///
/// Page: `kernel/irp-mn-set-power`.
///
/// # Errors
/// When the machine stops.
pub async fn device_power(cpu: &Cpu, name: &str, state: u32, query: bool) -> Result<NtStatus, Stop> {
    let pdo = cpu.look().node(name)?.pdo;
    let minor = if query { IRP_MN_QUERY_POWER } else { IRP_MN_SET_POWER };
    send_and_wait(cpu, Wish { pdo, minor, system: false, state, requested: false }).await
}
