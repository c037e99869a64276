//! One life of a driver, from DriverEntry to unload, and what the rules say of it.

use nt_trace::{Event, NtStatus, RuleSet, Violation, view::Summary};

use crate::{
    machine::Machine,
    scenario::{self, Scenario, SimStage},
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
    "power management: usbclient passes IRP_MJ_POWER down, which is not right for a power policy owner",
    "races between plain loads and stores: threads switch at kernel calls only",
    "isochronous transfers, streams and alternate settings",
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
    if let Some(stop) = machine.stopped() {
        cut_short = Some(stop.to_string());
    }
    let choices = machine.choices().to_vec();
    let calls = machine.calls();
    let events = machine.kernel_mut().trace.take();
    let violations = RuleSet::judge(&events);
    Life { events, violations, cut_short, choices, calls }
}
