//! The system goes to sleep, wakes up, and is switched off.

use std::{cell::Cell, rc::Rc};

use nt_trace::{NtStatus, event::SystemPowerChanged};
use serde::{Deserialize, Serialize};

use super::deliver::{Wish, send_and_wait};
use crate::{
    abi::{
        irp_minor::{IRP_MN_QUERY_POWER, IRP_MN_SET_POWER},
        power::{
            POWER_SYSTEM_HIBERNATE, POWER_SYSTEM_SHUTDOWN, POWER_SYSTEM_SLEEPING1, POWER_SYSTEM_SLEEPING2,
            POWER_SYSTEM_SLEEPING3, POWER_SYSTEM_WORKING,
        },
        status::{STATUS_SUCCESS, STATUS_UNSUCCESSFUL},
    },
    kernel::{
        Kernel,
        io::{tell_of_shutdown, user},
        ke::Latch,
    },
    mem::Addr,
    pnp,
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
    usb,
};

/// `PowerActionSleep`
const ACTION_SLEEP: u32 = 2;
/// `PowerActionHibernate`
const ACTION_HIBERNATE: u32 = 3;
/// `PowerActionShutdownReset`
const ACTION_RESET: u32 = 5;
/// `PowerActionShutdownOff`
const ACTION_OFF: u32 = 6;

/// A state in which the system sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sleep {
    /// Light sleep.
    S1,
    /// Deeper.
    S2,
    /// Suspend to memory.
    S3,
    /// Hibernation: devices lose their power.
    S4,
}

impl Sleep {
    const fn state(self) -> u32 {
        match self {
            Self::S1 => POWER_SYSTEM_SLEEPING1,
            Self::S2 => POWER_SYSTEM_SLEEPING2,
            Self::S3 => POWER_SYSTEM_SLEEPING3,
            Self::S4 => POWER_SYSTEM_HIBERNATE,
        }
    }
}

/// The system goes to sleep: every stack is asked, then told. `critical`: it is not asked, as when a battery ends.
///
/// Gives `STATUS_SUCCESS`, or the status of the first stack that refused; then everybody was told that the system
/// stays in S0.
///
/// Page: `kernel/irp-mn-query-power`, `kernel/irp-mn-set-power`.
///
/// # Errors
/// When the machine stops, or the system is not in S0.
pub async fn sleep(cpu: &Cpu, to: Sleep, critical: bool) -> Result<NtStatus, Stop> {
    let action = if to == Sleep::S4 { ACTION_HIBERNATE } else { ACTION_SLEEP };
    begin(cpu, action).await?;
    let state = to.state();
    if !critical {
        let status = tell_all(cpu, IRP_MN_QUERY_POWER, state).await?;
        if !status.is_success() {
            tell_all(cpu, IRP_MN_SET_POWER, POWER_SYSTEM_WORKING).await?;
            end(cpu);
            return Ok(status);
        }
    }
    set_paging(cpu, false);
    tell_all(cpu, IRP_MN_SET_POWER, state).await?;
    enter(cpu, state);
    Ok(STATUS_SUCCESS)
}

/// The system goes back to S0, if it is not there, or on its way. Device IRPs that follow from it go on.
///
/// # Errors
/// When the machine stops, or was switched off.
pub async fn wake(cpu: &Cpu) -> Result<NtStatus, Stop> {
    if cpu.look().power.off {
        return Err(Stop::Script("the machine is off".into()));
    }
    // The user and a device may wake it at once.
    while cpu.look().power.waking {
        pnp::changed(cpu, "the system to be awake").await;
    }
    if cpu.look().power.system == POWER_SYSTEM_WORKING {
        return Ok(STATUS_SUCCESS);
    }
    cpu.k().power.waking = true;
    {
        let mut kernel = cpu.k();
        // The page's table: waking is always PowerActionSleep.
        kernel.power.action = ACTION_SLEEP;
        usb::system_wakes(&mut kernel);
    }
    tell_all(cpu, IRP_MN_SET_POWER, POWER_SYSTEM_WORKING).await?;
    cpu.k().power.system = POWER_SYSTEM_WORKING;
    set_paging(cpu, true);
    end(cpu);
    Ok(STATUS_SUCCESS)
}

/// A device signals wake.
///
/// It wakes the system, if that sleeps in a state from which the device may wake it, and completes the wait/wake IRP. Gives `STATUS_UNSUCCESSFUL` when nothing is armed, so that nobody hears the signal.
///
/// Page: `kernel/overview-of-wait-wake-operation`.
///
/// # Errors
/// When the machine stops.
pub async fn wake_by_device(cpu: &Cpu, name: &str) -> Result<NtStatus, Stop> {
    let asleep = {
        let mut kernel = cpu.k();
        let pdo = kernel.node(name)?.pdo;
        if !usb::signal_wake(&mut kernel, pdo) {
            return Ok(STATUS_UNSUCCESSFUL);
        }
        kernel.power.system != POWER_SYSTEM_WORKING
    };
    if asleep { wake(cpu).await } else { Ok(STATUS_SUCCESS) }
}

/// The system is shut down: processes end, drivers that asked for it get `IRP_MJ_SHUTDOWN`, every stack is told of S5.
/// After that the machine is off. `restart`: it would start again.
///
/// Page: `kernel/irp-mn-set-power`.
///
/// # Errors
/// When the machine stops, or the system is not in S0.
pub async fn shut_down(cpu: &Cpu, restart: bool) -> Result<NtStatus, Stop> {
    user::end_everything(cpu).await?;
    tell_of_shutdown(cpu).await?;
    begin(cpu, if restart { ACTION_RESET } else { ACTION_OFF }).await?;
    set_paging(cpu, false);
    tell_all(cpu, IRP_MN_SET_POWER, POWER_SYSTEM_SHUTDOWN).await?;
    enter(cpu, POWER_SYSTEM_SHUTDOWN);
    cpu.k().power.off = true;
    Ok(STATUS_SUCCESS)
}

/// Makes this the only change of the system's state, with no PnP operation at work.
async fn begin(cpu: &Cpu, action: u32) -> Result<(), Stop> {
    if cpu.look().power.system != POWER_SYSTEM_WORKING {
        return Err(Stop::Script("the system is not in S0".into()));
    }
    while std::mem::replace(&mut cpu.k().power.changing, true) {
        pnp::changed(cpu, "the system's change of state").await;
    }
    while cpu.look().pnp.is_busy() {
        pnp::changed(cpu, "the PnP manager to be done").await;
    }
    cpu.k().power.action = action;
    Ok(())
}

fn end(cpu: &Cpu) {
    let mut kernel = cpu.k();
    kernel.power.changing = false;
    kernel.power.waking = false;
    kernel.power.action = 0;
    kernel.pnp_changed();
}

fn enter(cpu: &Cpu, state: u32) {
    let mut kernel = cpu.k();
    kernel.power.system = state;
    kernel.emit(SystemPowerChanged { state, paging: false });
    usb::system_sleeps(&mut kernel, state);
}

fn set_paging(cpu: &Cpu, on: bool) {
    let mut kernel = cpu.k();
    kernel.mem.stop_paging(!on);
    let state = kernel.power.system;
    kernel.emit(SystemPowerChanged { state, paging: on });
}

/// Sends a system IRP to every stack, to all of them at once, and waits for all. Gives the first failure.
async fn tell_all(cpu: &Cpu, minor: u8, state: u32) -> Result<NtStatus, Stop> {
    let stacks: Vec<Addr> = {
        let kernel = cpu.look();
        kernel.pnp.nodes.values().filter(|node| node.state.has_stack()).map(|node| node.pdo).collect()
    };
    let mut answers = Vec::new();
    for pdo in stacks {
        let (latch, status) = (Latch::default(), Rc::new(Cell::new(STATUS_SUCCESS)));
        answers.push((latch.clone(), Rc::clone(&status)));
        let wish = Wish { pdo, minor, system: true, state, requested: false };
        cpu.k().sched.spawn("power manager", PASSIVE_LEVEL, move |cpu| async move {
            status.set(send_and_wait(&cpu, wish).await?);
            latch.open(&mut cpu.k());
            Ok(())
        });
    }
    let mut first = STATUS_SUCCESS;
    for (latch, status) in answers {
        latch.wait(cpu, "the answer to a system power IRP").await;
        if first.is_success() {
            first = status.get();
        }
    }
    Ok(first)
}

impl Kernel {
    /// `SYSTEM_POWER_STATE_CONTEXT` of an IRP: target, effective and current state of the system. Zero for a device
    /// IRP while nothing changes.
    pub(super) const fn power_context(&self, system: bool, state: u32) -> u32 {
        if !system {
            return 0;
        }
        (state << 8) | (state << 12) | (self.power.system << 16)
    }

    /// `Parameters.Power.ShutdownType`
    pub(super) const fn power_action(&self) -> u32 {
        self.power.action
    }
}
