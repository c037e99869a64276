//! A campaign of completions: each scenario above a USB stack that completes in each of its ways.
//!
//! Inline, later in a deferred procedure call at `DISPATCH_LEVEL`, later at `PASSIVE_LEVEL` on another thread, before
//! `IoCallDriver` returns, and not before it is cancelled; above the USB 3 stack and above the older one; with threads
//! in turn and switched at random, from several seeds.

use usb_models::{Speed, registry};

use super::{Campaign, Extent, Piece, Plan, Recipe, Record, subject, tally::Tally};
use crate::{
    machine::{Choices, Machine},
    scenario::{Completion, Face, Plug, Scenario},
    sched::SplitMix,
    stop::Stop,
};

/// The name on the command line.
const NAME: &str = "pending";
/// Scenarios that move megabytes: their lives take a hundred times as long as others'.
const LONG: [&str; 2] = ["whole_life", "split"];
/// The ways to complete. With [`Completion::Never`] a script need not go on as it says.
const WAYS: [Completion; 6] = [
    Completion::Dispatch,
    Completion::Passive,
    Completion::Inline,
    Completion::InlinePending,
    Completion::Racing,
    Completion::Never,
];
const FACES: [Face; 2] = [Face::Usb3, Face::Usb2];

/// The campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pending;

impl Campaign for Pending {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "each scenario with the USB stack completing inline, later, elsewhere, before IoCallDriver returns"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let names = subject::names(plan).into_iter();
        let names = names.filter(|name| plan.extent != Extent::Quick || !LONG.contains(&name.as_str()));
        names.map(|name| Piece::new(NAME, &name, plan).weighing(lives(plan.extent, &name))).collect()
    }

    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let Some(subject) = subject::find(&piece.subject) else {
            tell(Record::NotRun { reason: format!("there is no scenario {}", piece.subject) });
            return Ok(());
        };
        let mut tally = Tally::new(tell);
        let mut random = SplitMix::new(piece.seed);
        for face in FACES {
            for way in WAYS {
                let scenario = above(&subject.scenario, face, way);
                let must_follow = subject.written_for_it && way != Completion::Never;
                for seed in 0..=seeds(piece.extent, &piece.subject) {
                    let choices = if seed == 0 { Choices::InTurn } else { Choices::Seed(random.next()) };
                    let recipe = Recipe { choices, ..Recipe::new(scenario.clone()) };
                    tally.live(machine, &recipe, must_follow)?;
                }
            }
        }
        tally.end();
        Ok(())
    }
}

/// The same scenario above another stack. A device that the script gives a way of its own keeps it: the script is
/// about that. The older stack has no `SuperSpeed` devices.
fn above(scenario: &Scenario, face: Face, way: Completion) -> Scenario {
    scenario.clone().with_devices(|plug: &mut Plug| {
        if (plug.face, plug.completion) == (Face::default(), Completion::default()) {
            plug.face = if is_super_speed(&plug.model) { Face::Usb3 } else { face };
            plug.completion = way;
        }
    })
}

fn is_super_speed(model: &str) -> bool {
    registry::by_name(model).is_ok_and(|model| model.speed() == Speed::Super)
}

/// Lives with threads switched at random, for each way and stack.
fn seeds(extent: Extent, name: &str) -> u64 {
    let long = LONG.contains(&name);
    match extent {
        Extent::Quick => 1,
        Extent::Normal if long => 0,
        Extent::Normal => 10,
        Extent::Full if long => 4,
        Extent::Full => 120,
    }
}

fn lives(extent: Extent, name: &str) -> u32 {
    let ways = WAYS.len() * FACES.len();
    let each = if LONG.contains(&name) { 60 } else { 1 };
    let lives = ways as u64 * (seeds(extent, name) + 1) * each;
    u32::try_from(lives).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Pending, above};
    use crate::{
        campaign::{Campaign, Plan},
        scenario::{Completion, DEVICE, Face, Plug, Scenario, Step},
    };

    #[test]
    fn a_device_that_the_script_gives_a_way_keeps_it() {
        let plain = Plug::new(DEVICE, "loopback-hs");
        let racing = Plug { completion: Completion::Racing, ..plain.clone() };
        let steps = vec![Step::Plug(plain), Step::Plug(racing.clone())];
        let scenario = Scenario { name: "two".into(), about: String::new(), steps };
        let changed = above(&scenario, Face::Usb2, Completion::Never);
        let [Step::Plug(first), Step::Plug(second)] = &changed.steps[..] else { panic!("{changed:?}") };
        assert_eq!((first.face, first.completion), (Face::Usb2, Completion::Never));
        assert_eq!(second, &racing);
        let fast = Scenario { steps: vec![Step::Plug(Plug::new(DEVICE, "loopback-ss"))], ..scenario };
        let changed = above(&fast, Face::Usb2, Completion::Never);
        let [Step::Plug(only)] = &changed.steps[..] else { panic!("{changed:?}") };
        assert_eq!((only.face, only.completion), (Face::Usb3, Completion::Never));
    }

    #[test]
    fn the_same_plan_gives_the_same_pieces() {
        let pieces = Pending.pieces(&Plan::default());
        assert!(pieces.len() > 40);
        assert_eq!(pieces, Pending.pieces(&Plan::default()));
    }
}
