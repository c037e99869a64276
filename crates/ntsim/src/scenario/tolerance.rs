//! Playing a script to see whether the driver survives it, whatever its steps expect.

use std::{cell::RefCell, rc::Rc};

use super::{Scenario, SimStage, play};
use crate::{
    kernel::io::user,
    machine,
    mem::Addr,
    pnp::{self, NodeState},
    power,
    sched::Cpu,
    stop::Stop,
    usb,
};

/// What a stage does when something goes otherwise than the script says: it ends the life, or takes note and
/// plays no further step.
#[derive(Clone, Debug, Default)]
pub struct Tolerance {
    noted: Option<Rc<RefCell<Option<String>>>>,
}

impl Tolerance {
    /// Takes note. Clones share what was noted.
    #[must_use]
    pub fn of_differences() -> Self {
        Self { noted: Some(Rc::default()) }
    }

    /// What went otherwise first.
    #[must_use]
    pub fn difference(&self) -> Option<String> {
        self.noted.as_ref()?.borrow().clone()
    }

    /// Notes something that went otherwise; the first counts.
    pub fn note(&self, what: String) {
        if let Some(noted) = &self.noted {
            noted.borrow_mut().get_or_insert(what);
        }
    }

    /// An error once something was noted, so that no thread of the script goes on.
    pub(super) fn goes_on(&self) -> Result<(), Stop> {
        self.difference().map_or(Ok(()), |what| Err(Stop::Script(what)))
    }

    /// Takes a difference out of a result, if differences are tolerated.
    pub(super) fn of(&self, result: Result<(), Stop>) -> Result<(), Stop> {
        match (result, &self.noted) {
            (Err(Stop::Script(what)), Some(_)) => {
                self.note(what);
                Ok(())
            }
            (result, _) => result,
        }
    }
}

/// Plays a scenario as far as it goes as it says; what went otherwise is in `tolerance`.
///
/// # Errors
/// When the machine stops.
pub async fn try_out(cpu: Cpu, driver: Addr, scenario: &Scenario, tolerance: &Tolerance) -> Result<(), Stop> {
    let stage = SimStage::new(cpu, driver).tolerant(tolerance.clone());
    tolerance.of(play(&stage, &scenario.steps).await)
}

/// Brings everything to an end, wherever a script stopped.
///
/// Closes every handle, cancels what is left of the requests, removes every device (in an orderly way if the PnP
/// manager may, by pulling it otherwise) and unloads the driver.
///
/// # Errors
/// When the machine stops.
pub async fn clean_up(cpu: &Cpu) -> Result<(), Stop> {
    {
        let mut kernel = cpu.k();
        kernel.pnp.ending = true;
        // Whoever waits for a state that no device will get any more gives up.
        kernel.pnp_changed();
    }
    if cpu.look().power.off {
        return Ok(());
    }
    power::back_to_work(cpu).await?;
    user::end_everything(cpu).await?;
    let names: Vec<String> = cpu.look().pnp.nodes.keys().cloned().collect();
    for name in names {
        take_out(cpu, &name).await?;
    }
    unload(cpu).await
}

/// Removes one device.
async fn take_out(cpu: &Cpu, name: &str) -> Result<(), Stop> {
    let (pdo, state) = of(cpu, name)?;
    if state == NodeState::Deleted {
        return Ok(());
    }
    user::wait_until_closed(cpu, pdo).await;
    if matches!(state, NodeState::Started | NodeState::DriversAdded | NodeState::QueryRemoved) {
        match pnp::orderly_removal(cpu, name).await {
            // A refusal leaves the device where it is; then it is pulled.
            Ok(_) | Err(Stop::Script(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    let (_, state) = of(cpu, name)?;
    if !matches!(state, NodeState::Deleted | NodeState::DeletePendingCloses) {
        usb::unplug(&mut cpu.k(), pdo)?;
        pnp::surprise_removal(cpu, name, true).await?;
    }
    pnp::reached(cpu, name, NodeState::Deleted).await
}

fn of(cpu: &Cpu, name: &str) -> Result<(Addr, NodeState), Stop> {
    let kernel = cpu.look();
    kernel.node(name).map(|node| (node.pdo, node.state))
}

/// Unloads the driver, if it is loaded, and looks for leaks.
///
/// # Errors
/// When the machine stops.
pub(super) async fn unload(cpu: &Cpu) -> Result<(), Stop> {
    let driver = cpu.look().pnp.driver;
    if !driver.is_null() {
        machine::unload(cpu, driver).await?;
        cpu.k().pnp.driver = Addr::NULL;
    }
    Ok(())
}
