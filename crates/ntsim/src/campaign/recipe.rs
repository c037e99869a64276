//! Everything that determines one life.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::fault::Fault,
    life::{self, Life},
    machine::{Choices, Machine},
    scenario::Scenario,
    sched::Policy,
    stop::Stop,
};

/// Everything that determines one life, besides the driver's file: the same recipe gives the same trace. Can be
/// written down and read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// What is played.
    pub scenario: Scenario,
    /// The calls that fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// Who runs when several could.
    #[serde(default)]
    pub choices: Choices,
    /// Whether threads may switch at the driver's own atomic instructions too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub atomics: bool,
    /// Whether each read of user memory is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub user_reads: bool,
}

impl Recipe {
    /// A scenario as it is, with threads in turn.
    #[must_use]
    pub const fn new(scenario: Scenario) -> Self {
        let choices = Choices::InTurn;
        Self { scenario, faults: Vec::new(), choices, atomics: false, user_reads: false }
    }

    /// Plays it in a new life, as far as the script goes as it says, and then brings everything to an end
    /// ([`life::survive`]).
    ///
    /// # Errors
    /// When the host refuses the machine a new life.
    pub fn live(&self, machine: &mut Machine) -> Result<Life, Stop> {
        self.live_with(machine, false)
    }

    /// The same; the machine notes every call that may fail, with its call stack.
    ///
    /// # Errors
    /// When the host refuses the machine a new life.
    pub fn live_noting_calls(&self, machine: &mut Machine) -> Result<Life, Stop> {
        self.live_with(machine, true)
    }

    /// The same, but `policy` makes the choices. Those that it made are in the life.
    ///
    /// # Errors
    /// When the host refuses the machine a new life.
    pub fn live_steered(&self, machine: &mut Machine, policy: Box<dyn Policy>) -> Result<Life, Stop> {
        self.prepare(machine, false)?;
        machine.steer(policy);
        Ok(life::survive(machine, &self.scenario))
    }

    fn live_with(&self, machine: &mut Machine, watch: bool) -> Result<Life, Stop> {
        self.prepare(machine, watch)?;
        Ok(life::survive(machine, &self.scenario))
    }

    fn prepare(&self, machine: &mut Machine, watch: bool) -> Result<(), Stop> {
        machine.next_life(self.choices.clone())?;
        machine.switch_at_atomics(self.atomics)?;
        machine.watch_user_memory(self.user_reads);
        machine.kernel_mut().faults.watch = watch;
        machine.kernel_mut().faults.plan.extend(&self.faults);
        machine.kernel_mut().pnp.asserting = true;
        Ok(())
    }

    /// The same with the choices that were made, whatever made them.
    #[must_use]
    pub fn as_played(mut self, life: &Life) -> Self {
        self.choices = Choices::Replay(life.choices.clone());
        self
    }
}
