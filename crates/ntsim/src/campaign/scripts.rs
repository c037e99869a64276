//! A campaign of made-up histories: legal sequences of what the PnP manager and programs do, with several devices,
//! races, refusals above and cables that are pulled.
//!
//! proptest makes them up from a grammar: moves that the PnP manager's own states allow. One that fails is made as
//! short as it can be: the recipe of the finding is the short one.

mod grammar;
mod moves;
mod shrink;

use super::{Campaign, Extent, Piece, Plan, Record, Share, tally::Tally};
use crate::{machine::Machine, stop::Stop};
use shrink::Source;

/// The name on the command line.
const NAME: &str = "scripts";
/// The devices that histories are about.
const MODELS: [&str; 2] = ["loopback-hs", "loopback-ss"];
/// Histories of a piece.
const HISTORIES: u32 = 150;
/// Findings after which a piece makes no more histories up: each is shrunk, which takes long.
const ENOUGH: usize = 3;

/// The campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scripts;

impl Campaign for Scripts {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "legal PnP and I/O histories, made up; one that fails is made short"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let models = plan.device.as_ref().map_or_else(|| MODELS.to_vec(), |model| vec![model]);
        let mut pieces = Vec::new();
        for model in models {
            let piece = Piece::new(NAME, model, plan).weighing(HISTORIES);
            pieces.extend(Share::all(shares(plan.extent)).map(|share| piece.clone().share(share)));
        }
        pieces
    }

    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let seed = piece.seed.wrapping_mul(0x9E37_79B9).wrapping_add(u64::from(piece.share.number));
        let mut source = Source::new(seed, &piece.subject);
        let mut tally = Tally::new(tell);
        let mut scripts = 0;
        while scripts < u64::from(HISTORIES) && tally.found() < ENOUGH {
            source.play(machine, &mut tally)?;
            scripts += 1;
        }
        tally.tell(Record::Scripts { scripts });
        tally.end();
        Ok(())
    }
}

const fn shares(extent: Extent) -> u32 {
    match extent {
        Extent::Quick => 8,
        Extent::Normal => 60,
        Extent::Full => 1000,
    }
}
