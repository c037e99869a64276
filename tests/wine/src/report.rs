//! What a person reads.

use std::time::Duration;

use ntsim::scenario::Scenario;

use crate::{explained::Explanation, run::Outcome};

/// The table, printed as it grows.
pub struct Report {
    played: usize,
    failed: usize,
}

impl Report {
    /// Says what is played, and what is not as it ships.
    #[must_use]
    pub fn begin(wine: &str, adapted: &[String]) -> Self {
        println!("usbclient.sys and usbclient.inf under {wine}. Not as they ship:");
        for what in adapted {
            println!("  {what}");
        }
        println!("\n{:18}  {:>6}  {:>5}  {:11}  about", "scenario", "time", "calls", "differences");
        Self { played: 0, failed: 0 }
    }

    /// One line for a scenario that went well, and what was wrong with one that did not.
    pub fn tell(&mut self, scenario: &Scenario, outcome: &Outcome, verbose: bool) {
        self.played += 1;
        let calls: usize = outcome.chapters.iter().map(|chapter| chapter.calls.len()).sum();
        let differences = format!("{} explained", outcome.explained);
        println!(
            "{:18}  {:4.1} s  {calls:5}  {differences:11}  {}",
            scenario.name, outcome.seconds, scenario.about
        );
        for why in &outcome.retried {
            println!("    Wine did not come up, before any driver was there; tried again: {why}");
        }
        if !outcome.wrong.is_empty() {
            self.failed += 1;
            println!("  FAILED");
        }
        for what in &outcome.wrong {
            println!("    {what}");
        }
        if verbose {
            for chapter in &outcome.chapters {
                println!("    {}: {}", chapter.what, chapter.calls.join(" "));
            }
        }
    }

    /// Says which explanations explain nothing any more. That fails nothing: some are of what comes now and then.
    #[expect(clippy::unused_self, reason = "a part of the report")]
    pub fn unused<'a>(&self, explanations: impl Iterator<Item = &'a Explanation>) {
        for it in explanations {
            println!("  did not come this time: {}: {}", it.what.join(", "), it.because);
        }
    }

    /// The sum. True: all is well.
    #[must_use]
    pub fn end(self, time: Duration) -> bool {
        let passed = self.played - self.failed;
        println!("\n{passed} passed, {} failed, in {:.0} s", self.failed, time.as_secs_f64());
        self.failed == 0
    }
}
