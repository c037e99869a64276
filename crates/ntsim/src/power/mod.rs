//! The power manager.
//!
//! It sends power IRPs to device stacks: for the system's state on behalf of a script ([`sleep`], [`wake`],
//! [`shut_down`]), for a device's state and for wake on behalf of the driver (`PoRequestPowerIrp`).
//!
//! - One set or query IRP for the system and one for the device at a time in each stack; others wait in line.
//! - An IRP comes to the top of the stack, at `PASSIVE_LEVEL` if the physical device object has
//!   `DO_POWER_PAGABLE`, otherwise at `DISPATCH_LEVEL`, where the documentation allows it.
//! - The requester's callback runs after every completion routine, where the bus completes: within
//!   `PoRequestPowerIrp`, in another thread, at `PASSIVE_LEVEL` or `DISPATCH_LEVEL`, as the options of the USB
//!   stack below say ([`crate::usb::Completion`]).
//! - PnP operations and changes of the system's state exclude each other. A device IRP excludes nothing.
//! - From the end of the queries to S0 pageable memory cannot be reached.
//! - An IRP that takes ten minutes of simulated time stops the machine (0x9F/0x3). A wait/wake IRP may take for
//!   ever.
//!
//! Not modelled: `PoRegisterDeviceForIdleDetection`, `PoRegisterSystemState` and the power framework (`PoFx`): a
//! driver that imports them is refused. No inrush current is accounted for.

mod deliver;
mod exports;
mod line;
mod request;
mod system;

use std::collections::BTreeMap;

pub use deliver::device_power;
pub use exports::EXPORTS;
pub use system::{Sleep, shut_down, sleep, wake, wake_by_device};

use crate::{
    abi::power::POWER_SYSTEM_WORKING,
    mem::Addr,
    sched::{Cpu, ThreadId},
    stop::Stop,
};

/// What the power manager knows.
#[derive(Debug)]
pub struct Power {
    /// The system's state, a `SYSTEM_POWER_STATE`.
    pub system: u32,
    /// `POWER_ACTION`: why the system is in that state, or on its way.
    action: u32,
    /// The system changes its state or is not in S0: the PnP manager waits.
    pub(crate) changing: bool,
    /// The system is on its way to S0.
    waking: bool,
    /// The machine was switched off: nothing happens any more.
    pub off: bool,
    /// The lines of IRPs by physical device object.
    lines: BTreeMap<Addr, line::Lines>,
    /// Power IRPs that are with drivers.
    outstanding: BTreeMap<Addr, deliver::Outstanding>,
    /// What `PoSetPowerState` was told, by device object and `POWER_STATE_TYPE`.
    told: BTreeMap<(Addr, u32), u32>,
    /// Threads that wait for a power IRP to end.
    waiters: Vec<ThreadId>,
}

impl Default for Power {
    fn default() -> Self {
        Self {
            system: POWER_SYSTEM_WORKING,
            action: 0,
            changing: false,
            waking: false,
            off: false,
            lines: BTreeMap::new(),
            outstanding: BTreeMap::new(),
            told: BTreeMap::new(),
            waiters: Vec::new(),
        }
    }
}

impl Power {
    /// Whether this IRP is one of the power manager's that drivers have not finished.
    #[must_use]
    pub fn is_outstanding(&self, irp: Addr) -> bool {
        self.outstanding.contains_key(&irp)
    }
}

/// Waits until the device with this name is in a state.
///
/// # Errors
/// [`Stop::Script`] when there is no such device, or everything is brought to an end and it will not get there.
pub async fn reached(cpu: &Cpu, name: &str, state: u32) -> Result<(), Stop> {
    loop {
        {
            let kernel = cpu.look();
            if kernel.usb_power_state(kernel.node(name)?.pdo) == state {
                return Ok(());
            }
            if kernel.pnp.ending {
                return Err(Stop::Script(format!("{name} did not get to power state {state}")));
            }
        }
        crate::pnp::changed(cpu, format!("{name} to be in another power state")).await;
    }
}

/// Waits until no power IRP is with drivers, but for those that wait for wake.
pub async fn quiet(cpu: &Cpu) {
    loop {
        let under_way = cpu.look().power.outstanding.values().any(|outstanding| outstanding.watched());
        if !under_way {
            return;
        }
        changed(cpu, "power requests to end").await;
    }
}

/// Wakes the system if it sleeps.
///
/// # Errors
/// When the machine stops.
pub async fn back_to_work(cpu: &Cpu) -> Result<(), Stop> {
    if cpu.look().power.system == POWER_SYSTEM_WORKING {
        return Ok(());
    }
    wake(cpu).await.map(drop)
}

/// Waits until a power IRP has ended somewhere.
async fn changed(cpu: &Cpu, what: impl Into<String>) {
    cpu.k().power.waiters.push(cpu.thread());
    cpu.block(what).await;
}
