//! One life of a driver, from DriverEntry to unload, and what the rules say of it.

use nt_trace::{Event, NtStatus, RuleSet, Violation, event::Tag, view::Summary};

use crate::{
    machine::Machine,
    ndis,
    scenario::{self, Scenario, SimStage, Tolerance},
    sched::ThreadId,
};

/// A life that has ended.
#[derive(Clone, Debug)]
pub struct Life {
    /// Everything that happened.
    pub events: Vec<Event>,
    /// What the rules found.
    pub violations: Vec<Violation>,
    /// Why the life ended before its script did: the machine stopped, a step went otherwise than the script
    /// says, or DriverEntry refused.
    pub cut_short: Option<String>,
    /// What went otherwise than the script says, in a life that goes on nevertheless: see [`survive`].
    pub difference: Option<String>,
    /// The choices between threads, to repeat it.
    pub choices: Vec<ThreadId>,
    /// Kernel calls of the driver.
    pub calls: u64,
}

impl Life {
    /// The sum of it, with what such a life cannot check.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::of(&self.events, &self.violations);
        for what in NOT_CHECKED {
            summary = summary.not_checked(*what);
        }
        if self.events.iter().any(|event| event.kind.tag() == Tag::MiniportRegistered) {
            summary = summary.not_checked(ndis::NOT_CHECKED);
        }
        summary
    }

    /// Nothing was violated, nothing leaked, and the script was played to its end.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.cut_short.is_none() && self.summary().is_clean()
    }
}

/// What a simulated life leaves open, whatever the rules say.
pub const NOT_CHECKED: &[&str] = &[
    "power: idle detection by the power manager, PoRegisterSystemState, the power framework, and what pageable memory a power request touches while the system is in S0",
    "races between plain loads and stores: threads switch at kernel calls, and in some campaigns at atomic instructions",
    "USB: bandwidth of periodic endpoints, path delays of isochronous pipes, Microsoft OS descriptors",
    "Windows itself: the simulator is written from documentation",
];

/// Loads the driver and plays a scenario. The machine must be new, or prepared by
/// [`Machine::next_life`].
pub fn play(machine: &mut Machine, scenario: &Scenario) -> Life {
    let mut cut_short = None;
    match machine.start() {
        Some(NtStatus::SUCCESS) => {
            let driver = machine.driver();
            let steps = scenario.steps.clone();
            machine.drive("script", async move |cpu| {
                let stage = SimStage::new(cpu, driver);
                scenario::play(&stage, &steps).await
            });
        }
        Some(status) => cut_short = Some(format!("DriverEntry returned {status}")),
        None => {}
    }
    judged(machine, cut_short, None)
}

/// Loads the driver and plays a scenario as far as it goes as it says, then brings everything to an end.
///
/// Wherever the script stopped, files are closed, devices removed and the driver is unloaded: that must always
/// succeed. The machine must be new, or prepared by [`Machine::next_life`].
///
/// A script that waits for ever has gone otherwise; what still waits after that is in a deadlock.
pub fn survive(machine: &mut Machine, scenario: &Scenario) -> Life {
    let tolerance = Tolerance::of_differences();
    match machine.start() {
        Some(NtStatus::SUCCESS) => {
            let driver = machine.driver();
            let (script, noted) = (scenario.clone(), tolerance.clone());
            let task = async move |cpu| scenario::try_out(cpu, driver, &script, &noted).await;
            if machine.attempt("script", task).is_none() && machine.stopped().is_none() {
                tolerance.note(format!("the script waits for ever: {}", machine.who_waits()));
            }
            machine.drive("clean-up", async |cpu| scenario::clean_up(&cpu).await);
            machine.demand_that_nobody_waits();
        }
        Some(status) => tolerance.note(format!("DriverEntry returned {status}")),
        None => {}
    }
    judged(machine, None, tolerance.difference())
}

fn judged(machine: &Machine, mut cut_short: Option<String>, difference: Option<String>) -> Life {
    if let Some(stop) = machine.stopped() {
        cut_short = Some(stop.to_string());
    }
    let choices = machine.choices().to_vec();
    let calls = machine.calls();
    let events = machine.kernel_mut().trace.take();
    let violations = RuleSet::judge(&events);
    Life { events, violations, cut_short, difference, choices, calls }
}
