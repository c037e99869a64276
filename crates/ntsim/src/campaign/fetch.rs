//! A campaign of accesses to user memory: each scenario in a life in which every one of them is told.
//!
//! The driver's view of user pages is closed, directly and through system addresses; what the driver reads twice another
//! thread of the caller can change in between (`DoubleFetch`). One life takes many times as long as without.

use super::{Campaign, Extent, Piece, Plan, Recipe, Record, subject, tally::Tally};
use crate::{
    machine::{Choices, Machine},
    sched::SplitMix,
    stop::Stop,
};

/// The name on the command line.
const NAME: &str = "fetch";

/// The campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fetch;

impl Campaign for Fetch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "each scenario with every access of the driver to user memory noted"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let lives = u32::try_from(seeds(plan.extent) + 1).unwrap_or(u32::MAX);
        let names = subject::names(plan).into_iter();
        names.map(|name| Piece::new(NAME, &name, plan).weighing(lives)).collect()
    }

    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let Some(subject) = subject::find(&piece.subject) else {
            tell(Record::NotRun { reason: format!("there is no scenario {}", piece.subject) });
            return Ok(());
        };
        let mut tally = Tally::new(tell);
        let mut random = SplitMix::new(piece.seed);
        for seed in 0..=seeds(piece.extent) {
            let choices = if seed == 0 { Choices::InTurn } else { Choices::Seed(random.next()) };
            let recipe = Recipe { choices, user_reads: true, ..Recipe::new(subject.scenario.clone()) };
            tally.live(machine, &recipe, subject.written_for_it)?;
        }
        tally.end();
        Ok(())
    }
}

/// Lives with threads switched at random, for each scenario.
const fn seeds(extent: Extent) -> u64 {
    match extent {
        Extent::Quick => 0,
        Extent::Normal => 3,
        Extent::Full => 20,
    }
}
