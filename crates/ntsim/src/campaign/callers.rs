//! A campaign of hostile programs: device control requests, structured and random, from several handles of several
//! processes, with cancels, closes and ends of processes in between.

mod ioctl;
mod script;

use super::{Campaign, Extent, Piece, Plan, Recipe, Record, Share, tally::Tally};
use crate::{
    machine::{Choices, Machine},
    sched::SplitMix,
    stop::Stop,
};

/// The name on the command line.
const NAME: &str = "callers";
/// The devices that the programs use.
const MODELS: [&str; 3] = ["loopback-hs", "loopback-ss", "composite"];
/// Lives of a piece.
const LIVES: u32 = 150;
/// What a piece's subject begins with: made up, or each code with each length.
const RANDOM: &str = "random ";
const LENGTHS: &str = "lengths ";

/// The campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Callers;

impl Campaign for Callers {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "random and structured device control requests from several handles and processes"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let models = plan.device.as_ref().map_or_else(|| MODELS.to_vec(), |model| vec![model]);
        let mut pieces = Vec::new();
        for model in models {
            let shares = Share::all(6);
            let piece = Piece::new(NAME, &format!("{LENGTHS}{model}"), plan).weighing(60);
            pieces.extend(shares.map(|share| piece.clone().share(share)));
            let piece = Piece::new(NAME, &format!("{RANDOM}{model}"), plan).weighing(LIVES);
            pieces.extend(Share::all(pieces_of(plan.extent)).map(|share| piece.clone().share(share)));
        }
        pieces
    }

    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let mut tally = Tally::new(tell);
        if let Some(model) = piece.subject.strip_prefix(RANDOM) {
            random(piece, model, machine, &mut tally)?;
        } else if let Some(model) = piece.subject.strip_prefix(LENGTHS) {
            for (_, code) in script::codes().enumerate().filter(|(index, _)| piece.share.has(*index)) {
                tally.live(machine, &Recipe::new(script::lengths(code, model)), true)?;
            }
        } else {
            tally.tell(Record::NotRun { reason: format!("no kind of caller is called {}", piece.subject) });
        }
        tally.end();
        Ok(())
    }
}

fn random(piece: &Piece, model: &str, machine: &mut Machine, tally: &mut Tally<'_>) -> Result<(), Stop> {
    let mut seeds = SplitMix::new(piece.seed ^ (u64::from(piece.share.number) << 32));
    for number in 0..LIVES {
        let scenario = script::random(seeds.next(), model);
        let choices = if number % 2 == 0 { Choices::InTurn } else { Choices::Seed(seeds.next()) };
        tally.live(machine, &Recipe { choices, ..Recipe::new(scenario) }, true)?;
    }
    tally.tell(Record::Scripts { scripts: u64::from(LIVES) });
    Ok(())
}

/// How many pieces there are for a model.
const fn pieces_of(extent: Extent) -> u32 {
    match extent {
        Extent::Quick => 6,
        Extent::Normal => 50,
        Extent::Full => 800,
    }
}

#[cfg(test)]
mod tests {
    use super::{Callers, script};
    use crate::campaign::{Campaign, Plan};

    #[test]
    fn the_same_seed_makes_the_same_script() {
        assert_eq!(script::random(5, "loopback-hs"), script::random(5, "loopback-hs"));
        assert_ne!(script::random(5, "loopback-hs"), script::random(6, "loopback-hs"));
    }

    #[test]
    fn a_plan_for_another_driver_is_about_its_device() {
        let plan = Plan { device: Some("nak".into()), ..Plan::default() };
        let pieces = Callers.pieces(&plan);
        assert!(!pieces.is_empty() && pieces.iter().all(|piece| piece.subject.ends_with("nak")));
    }
}
