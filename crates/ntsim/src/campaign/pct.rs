//! A campaign of random priorities: whole scenarios, with threads switched by PCT, from many seeds.
//!
//! The first life of a piece, with threads in turn, tells how many choices there are; the others change priorities at
//! random moments among so many ([`Pct`](crate::sched::Pct)). A finding holds the choices that were made, so it can be
//! repeated without the seed.

use super::{Campaign, Extent, Piece, Plan, Recipe, Record, Share, subject, tally::Tally};
use crate::{
    machine::{Choices, Machine},
    scenario::{Scenario, library},
    sched::SplitMix,
    stop::Stop,
};

/// The name on the command line.
const NAME: &str = "pct";
/// How many orders between threads a defect may need, from piece to piece in turn.
const DEPTHS: [u32; 3] = [2, 3, 4];
/// The scenarios, and how many of a thousand lives go to each.
const SCENARIOS: [(&str, u64); 11] = [
    ("read_and_unplug_race", 200),
    ("requests_race", 160),
    ("cancel_race", 120),
    ("surprise_with_io", 120),
    ("gate_schedule_of_remove", 80),
    ("rebalance_fails_at_restart", 100),
    ("two_files", 60),
    ("process_exit", 60),
    ("abort_and_reset", 50),
    ("disable_and_enable", 49),
    ("whole_life", 1),
];

/// The campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct PctCampaign;

impl Campaign for PctCampaign {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "whole scenarios with threads switched by random priorities, from many seeds"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (name, thousandths) in subjects(plan) {
            let lives = lives(plan.extent) * thousandths / 1000;
            if lives == 0 {
                continue;
            }
            let shares = u32::try_from(lives.div_ceil(most_in_a_piece(&name))).unwrap_or(u32::MAX);
            let weight = u32::try_from(lives / u64::from(shares)).unwrap_or(u32::MAX).max(1);
            pieces.extend(
                Share::all(shares).map(|share| Piece::new(NAME, &name, plan).share(share).weighing(weight)),
            );
        }
        pieces
    }

    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let Some(subject) = subject::find(&piece.subject) else {
            tell(Record::NotRun { reason: format!("there is no scenario {}", piece.subject) });
            return Ok(());
        };
        let mut tally = Tally::new(tell);
        let scenario = subject.scenario;
        // Another order may let a script go otherwise than it says; what it must not break are rules.
        let first = tally.live(machine, &recipe(&scenario, Choices::InTurn), subject.written_for_it)?;
        let mut steps = first.choices.len() as u64;
        let mut random = SplitMix::new(piece.seed ^ u64::from(piece.share.number).rotate_left(32));
        for number in 0..u64::from(piece.weight) {
            let depth = DEPTHS[usize::try_from(number).unwrap_or(0) % DEPTHS.len()];
            let choices = Choices::Pct { seed: random.next(), depth, steps };
            let life = tally.live(machine, &recipe(&scenario, choices), false)?;
            steps = steps.max(life.choices.len() as u64);
        }
        tally.tell(Record::Schedules { explored: u64::from(piece.weight), exhaustive: None });
        tally.end();
        Ok(())
    }
}

fn recipe(scenario: &Scenario, choices: Choices) -> Recipe {
    Recipe { choices, atomics: true, ..Recipe::new(scenario.clone()) }
}

/// What is played, and how many of a thousand lives go to each.
fn subjects(plan: &Plan) -> Vec<(String, u64)> {
    if plan.device.is_none() {
        return SCENARIOS.iter().map(|(name, part)| ((*name).to_owned(), *part)).collect();
    }
    let names = subject::names(plan);
    let part = 1000_u64.checked_div(names.len() as u64).unwrap_or(0).max(1);
    names.into_iter().map(|name| (name, part)).collect()
}

/// Lives in all.
const fn lives(extent: Extent) -> u64 {
    match extent {
        Extent::Quick => 4_000,
        Extent::Normal => 40_000,
        Extent::Full => 1_000_000,
    }
}

/// Lives in a piece: a few seconds' worth.
fn most_in_a_piece(name: &str) -> u64 {
    if name == library::whole_life().name { 20 } else { 2_000 }
}

#[cfg(test)]
mod tests {
    use super::{PctCampaign, SCENARIOS, lives};
    use crate::campaign::{Campaign, Extent, Plan, subject};

    #[test]
    fn the_scenarios_exist_and_their_parts_are_a_whole() {
        assert_eq!(SCENARIOS.iter().map(|(_, part)| part).sum::<u64>(), 1000);
        assert!(SCENARIOS.iter().all(|(name, _)| subject::find(name).is_some()));
    }

    #[test]
    fn a_full_plan_has_a_million_lives() {
        let plan = Plan { extent: Extent::Full, ..Plan::default() };
        let lived: u64 = PctCampaign.pieces(&plan).iter().map(|piece| u64::from(piece.weight)).sum();
        assert_eq!(lived, lives(Extent::Full));
    }
}
