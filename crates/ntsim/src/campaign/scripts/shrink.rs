//! Makes histories up, plays them, and makes one that fails as short as it can be.

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{grammar, moves};
use crate::{
    campaign::{Finding, Recipe, Wrong, tally::Tally},
    life::Life,
    machine::{Choices, Machine},
    scenario::{Scenario, Step},
    sched::SplitMix,
    stop::Stop,
};

/// Lives that shrinking one history may take.
const PATIENCE: u32 = 3000;
/// Orders of threads in which each shorter history is tried, beside the one that failed and threads in turn.
const ORDERS: u64 = 2;

/// How a script that nobody ends is told.
const WAITS: &str = "the script waits for ever";

/// Where histories come from.
pub(super) struct Source {
    runner: TestRunner,
    seeds: SplitMix,
    model: String,
}

impl Source {
    /// Histories of this seed, with this device model.
    pub(super) fn new(seed: u64, model: &str) -> Self {
        let mut seeds = SplitMix::new(seed);
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip((0..4).flat_map(|_| seeds.next().to_le_bytes())) {
            *to = from;
        }
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = Config { failure_persistence: None, ..Config::default() };
        Self { runner: TestRunner::new_with_rng(config, random), seeds, model: model.into() }
    }

    /// Makes one history up and plays it. What was wrong is told in the shortest history that is wrong in the same
    /// way.
    ///
    /// # Errors
    /// When the host refuses the machine a new life.
    pub(super) fn play(&mut self, machine: &mut Machine, tally: &mut Tally<'_>) -> Result<(), Stop> {
        // A strategy that rejects nothing always makes a value.
        let Ok(mut tree) = moves::histories().new_tree(&mut self.runner) else { return Ok(()) };
        let seed = self.seeds.next();
        let choices = if seed.is_multiple_of(2) { Choices::InTurn } else { Choices::Seed(seed) };
        let recipe = Recipe { choices, ..Recipe::new(grammar::script(&tree.current(), &self.model)) };
        let life = recipe.live(machine)?;
        tally.count(&life);
        let Some(found) = Finding::of(&recipe, &life, true) else { return Ok(()) };
        let mut hunt = Hunt { machine, tally, what: what(&found.wrong), seed, lives: 0 };
        let mut best = found;
        // What fails becomes simpler; what does not fail was simplified too much.
        let mut fails = true;
        while hunt.lives < PATIENCE && if fails { tree.simplify() } else { tree.complicate() } {
            let shorter = hunt.try_out(&grammar::script(&tree.current(), &self.model))?;
            fails = shorter.is_some();
            best = shorter.unwrap_or(best);
        }
        let best = hunt.plain(best)?;
        tally.find(best);
        Ok(())
    }
}

/// Looks for shorter scripts that are wrong in the same way.
struct Hunt<'a, 'b> {
    machine: &'a mut Machine,
    tally: &'a mut Tally<'b>,
    what: String,
    seed: u64,
    lives: u32,
}

impl Hunt<'_, '_> {
    /// Plays a script in several orders of its threads. The first that is wrong in the same way.
    fn try_out(&mut self, scenario: &Scenario) -> Result<Option<Finding>, Stop> {
        let orders = std::iter::once(Choices::InTurn)
            .chain((0..=ORDERS).map(|number| Choices::Seed(self.seed.wrapping_add(number))));
        for choices in orders {
            let recipe = Recipe { choices, ..Recipe::new(scenario.clone()) };
            let life: Life = recipe.live(self.machine)?;
            self.tally.count(&life);
            self.lives += 1;
            let found = Finding::of(&recipe, &life, true);
            if let Some(found) = found.filter(|found| says(&found.wrong, &self.what)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Leaves out each step that is not needed, does one after the other what need not be done at once, and says the
    /// rest without ifs.
    fn plain(&mut self, mut best: Finding) -> Result<Finding, Stop> {
        // A wait is right because of a step before it, which only the grammar knows.
        let mut again = !self.what.starts_with(WAITS);
        while again && self.lives < PATIENCE {
            again = false;
            for steps in simpler(&best.recipe.scenario.steps) {
                let scenario = Scenario { steps, ..best.recipe.scenario.clone() };
                if let Some(found) = self.try_out(&scenario)? {
                    (best, again) = (found, true);
                    break;
                }
            }
        }
        Ok(best)
    }
}

/// Every script that is simpler than this one by a little, the ones that are simpler by more first.
fn simpler(steps: &[Step]) -> Vec<Vec<Step>> {
    let with = |at: usize, instead: Vec<Step>| -> Vec<Step> {
        let (before, after) = steps.split_at(at);
        before.iter().cloned().chain(instead).chain(after.iter().skip(1).cloned()).collect()
    };
    let mut all: Vec<Vec<Step>> = (0..steps.len()).rev().map(|at| with(at, Vec::new())).collect();
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Race(race) => {
                let in_turn = race.branches.iter().flat_map(|branch| branch.steps.clone()).collect();
                all.push(with(at, in_turn));
                for (number, branch) in race.branches.iter().enumerate() {
                    for steps in simpler(&branch.steps) {
                        let mut race = race.clone();
                        if let Some(branch) = race.branches.get_mut(number) {
                            branch.steps = steps;
                        }
                        race.branches.retain(|branch| !branch.steps.is_empty());
                        all.push(with(at, vec![Step::Race(race)]));
                    }
                }
            }
            Step::Try { step } => all.push(with(at, vec![(**step).clone()])),
            _ => {}
        }
    }
    all
}

/// What a failure is known by: the first rule, or the first words without their numbers.
fn what(wrong: &[Wrong]) -> String {
    wrong.iter().map(name).find(|name| !name.is_empty()).unwrap_or_default()
}

fn says(wrong: &[Wrong], what: &str) -> bool {
    wrong.iter().any(|one| name(one) == what)
}

fn name(wrong: &Wrong) -> String {
    wrong.rule.clone().unwrap_or_else(|| wrong.text.chars().filter(|c| !c.is_ascii_digit()).collect())
}

#[cfg(test)]
mod tests {
    use super::simpler;
    use crate::scenario::{Branch, Race, Step};

    #[test]
    fn a_race_can_be_one_thing_after_the_other() {
        let sleep = |microseconds| Step::Sleep { microseconds };
        let race = Race { branches: vec![Branch::new(vec![sleep(1)]), Branch::new(vec![sleep(2)])] };
        let steps = [Step::Race(race), Step::Try { step: Box::new(sleep(3)) }];
        let all = simpler(&steps);
        assert!(all.contains(&vec![sleep(1), sleep(2), steps[1].clone()]));
        assert!(all.contains(&vec![steps[0].clone(), sleep(3)]));
        assert!(all.contains(&vec![steps[0].clone()]));
        // One branch is left when the other has nothing to do.
        assert_eq!(all.len(), 6);
    }
}
