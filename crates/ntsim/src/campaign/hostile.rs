//! A campaign of hostile devices: descriptors that lie in every field, answers too short and too long, endpoints that
//! stall, babble and say NAK for ever, and a cable that is pulled at every kernel call.
//!
//! A script need not get far. The driver must break no rule, end every request that is cancelled, and let the device
//! go.

mod edits;
mod life;

use nt_trace::event::EventKind;
use usb_models::registry;

use super::{Campaign, Extent, Piece, Plan, Recipe, Record, Share, tally::Tally};
use crate::{
    machine::{Choices, Machine},
    scenario::{Completion, Face, Scenario},
    sched::SplitMix,
    stop::Stop,
};

/// The name on the command line.
const NAME: &str = "hostile";
/// The honest devices that are made to lie.
const BASES: [&str; 4] = ["loopback-hs", "loopback-fs", "loopback-ss", "composite"];
/// The model for what is not about descriptors.
const MODEL: &str = "loopback-hs";
/// Kernel calls at which the cable is pulled, at most.
const CALLS: u32 = 2000;

/// One kind of hostility, as it stands in front of the model in a piece's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Each field of the descriptors with each interesting value.
    Fields,
    /// Bits of the descriptors at random.
    Bits,
    /// A model that misbehaves by itself.
    Model,
    /// The cable is pulled at each kernel call.
    Pulled,
    /// Something is done to the device before each step.
    Poked,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Fields, "fields"),
    (Kind::Bits, "bits"),
    (Kind::Model, "model"),
    (Kind::Pulled, "pulled"),
    (Kind::Poked, "poked"),
];

/// The campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hostile;

impl Campaign for Hostile {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "devices that lie in each field, stall, babble, say NAK, and are pulled at each kernel call"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let model = plan.device.as_deref().unwrap_or(MODEL);
        let bases = plan.device.as_deref().map_or_else(|| BASES.to_vec(), |model| vec![model]);
        let mut pieces = Vec::new();
        let mut add = |kind: Kind, model: &str, shares, weight| {
            let subject = format!("{} {model}", name(kind));
            let piece = Piece::new(NAME, &subject, plan).weighing(weight);
            pieces.extend(Share::all(shares).map(|share| piece.clone().share(share)));
        };
        for base in &bases {
            add(Kind::Fields, base, 4, 300);
            let count = random_devices(plan.extent);
            add(Kind::Bits, base, count.div_ceil(500), count.min(500));
        }
        for (model, _) in registry::names() {
            add(Kind::Model, model, 1, 12);
        }
        add(Kind::Pulled, model, 8, 250);
        add(Kind::Poked, model, 1, 400);
        pieces
    }

    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let known = piece.subject.split_once(' ');
        let known = known.and_then(|(first, model)| {
            KINDS.iter().find(|(_, name)| *name == first).map(|(kind, _)| (*kind, model))
        });
        let Some((kind, model)) = known else {
            tell(Record::NotRun { reason: format!("no kind of hostility is called {}", piece.subject) });
            return Ok(());
        };
        let mut work = Work { machine, tally: Tally::new(tell), piece };
        match kind {
            Kind::Fields => work.fields(model)?,
            Kind::Bits => work.bits(model)?,
            Kind::Model => work.model(model)?,
            Kind::Pulled => work.pulled(model)?,
            Kind::Poked => work.poked(model)?,
        }
        work.tally.end();
        Ok(())
    }
}

fn name(kind: Kind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name)
}

const fn random_devices(extent: Extent) -> u32 {
    match extent {
        Extent::Quick => 500,
        Extent::Normal => 4_000,
        Extent::Full => 40_000,
    }
}

struct Work<'a> {
    machine: &'a mut Machine,
    tally: Tally<'a>,
    piece: &'a Piece,
}

impl Work<'_> {
    /// Plays a life. Nothing in it may wait for ever, whatever the device does.
    fn live(&mut self, scenario: Scenario, choices: Choices) -> Result<(), Stop> {
        let recipe = Recipe { choices, ..Recipe::new(scenario) };
        self.tally.live(self.machine, &recipe, true).map(drop)
    }

    fn fields(&mut self, base: &str) -> Result<(), Stop> {
        for (index, model) in edits::structured(base).iter().enumerate() {
            if self.piece.share.has(index) {
                self.live(life::of("false_descriptor", model), Choices::InTurn)?;
            }
        }
        Ok(())
    }

    fn bits(&mut self, base: &str) -> Result<(), Stop> {
        let Share { number, of } = self.piece.share;
        let mut random = SplitMix::new(self.piece.seed ^ (u64::from(number) << 32));
        for _ in 0..random_devices(self.piece.extent).div_ceil(of.max(1)) {
            let model = edits::random(base, &mut random);
            self.live(life::of("flipped_bits", &model), Choices::InTurn)?;
        }
        Ok(())
    }

    fn model(&mut self, model: &str) -> Result<(), Stop> {
        let mut random = SplitMix::new(self.piece.seed);
        for (face, way) in STACKS {
            let scenario = life::of("misbehaving_model", model).with_devices(|plug| {
                (plug.face, plug.completion) = (face, way);
            });
            self.live(scenario.clone(), Choices::InTurn)?;
            let seeds = if self.piece.extent == Extent::Full { 40 } else { 1 };
            for _ in 0..seeds {
                self.live(scenario.clone(), Choices::Seed(random.next()))?;
            }
        }
        Ok(())
    }

    fn pulled(&mut self, model: &str) -> Result<(), Stop> {
        let all = STACKS.iter().flat_map(|stack| [(stack, true), (stack, false)]);
        for ((face, way), told) in all {
            if self.piece.extent == Extent::Quick && (*face, *way) == STACKS[1] {
                continue;
            }
            let calls = self.calls(life::pulled_at(model, u32::MAX, told, *face, *way))?;
            for nth in (1..=calls).filter(|nth| self.piece.share.has(*nth as usize)) {
                self.live(life::pulled_at(model, nth, told, *face, *way), Choices::InTurn)?;
            }
        }
        Ok(())
    }

    /// How many kernel calls the driver makes on behalf of a script.
    fn calls(&mut self, scenario: Scenario) -> Result<u32, Stop> {
        let life = Recipe::new(scenario).live(self.machine)?;
        self.tally.count(&life);
        let calls = life.events.iter().filter(|event| matches!(event.kind, EventKind::Call(_))).count();
        Ok(u32::try_from(calls).unwrap_or(CALLS).min(CALLS))
    }

    fn poked(&mut self, model: &str) -> Result<(), Stop> {
        for poke in life::POKES {
            for at in 1..=life::steps(model).len() {
                self.live(life::poked(model, at, poke), Choices::InTurn)?;
            }
        }
        Ok(())
    }
}

/// The stacks below, and when they complete.
const STACKS: [(Face, Completion); 3] =
    [(Face::Usb3, Completion::Dispatch), (Face::Usb2, Completion::Passive), (Face::Usb3, Completion::Inline)];

#[cfg(test)]
mod tests {
    use super::{Hostile, KINDS};
    use crate::campaign::{Campaign, Plan};

    #[test]
    fn every_piece_says_what_it_is() {
        let foreign = Plan { device: Some("composite".into()), ..Plan::default() };
        for plan in [Plan::default(), foreign] {
            let pieces = Hostile.pieces(&plan);
            assert!(KINDS.iter().all(|(_, name)| pieces.iter().any(|piece| piece.subject.starts_with(name))));
        }
    }
}
