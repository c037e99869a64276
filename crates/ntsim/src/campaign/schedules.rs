//! A campaign of orders: the small races that matter, in every order of their threads within a bound.
//!
//! Exploration begins at the script's race; what lies before goes its usual way. Threads may be preempted where the
//! driver calls the kernel and at its own atomic instructions; who follows a thread that blocked is tried as well.
//! A preemption before a call that no other thread notices is left out ([`Moment::private`]). Races between plain loads
//! and stores are not explored.
//!
//! [`Moment::private`]: crate::sched::Moment::private

mod races;

use std::{cell::RefCell, rc::Rc};

use super::{Campaign, Extent, Finding, Piece, Plan, Recipe, Record, Share, tally::Tally};
use crate::{
    life::Life,
    machine::Machine,
    sched::policy::{Bounds, Explorer, Steered},
    stop::Stop,
};

pub use races::{NOT_RUN, all as races};

/// The name on the command line.
const NAME: &str = "schedules";

/// The campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Schedules;

impl Campaign for Schedules {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "the small races that matter, in every order of their threads within a bound on preemptions"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let (shares, weight) = match plan.extent {
            Extent::Quick => (4, 1_000),
            Extent::Normal => (16, 4_000),
            Extent::Full => (64, 10_000),
        };
        let of = |name: String| Share::all(shares).map(move |share| (name.clone(), share));
        let all = races::names(plan).into_iter().flat_map(of);
        all.map(|(name, share)| Piece::new(NAME, &name, plan).share(share).weighing(weight)).collect()
    }

    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let Some((scenario, written_for_it)) = races::find(&piece.subject) else {
            tell(Record::NotRun { reason: format!("there is no race {}", piece.subject) });
            return Ok(());
        };
        let recipe = Recipe { atomics: true, ..Recipe::new(scenario) };
        let mut tally = Tally::new(tell);
        let mut judge = |life: &Life| {
            tally.count(life);
            if let Some(finding) = Finding::of(&recipe, life, written_for_it) {
                tally.find(finding);
            }
        };
        let explored = deepen(machine, &recipe, piece, &mut judge)?;
        tally.tell(explored);
        if piece.share.number == 0 {
            for reason in NOT_RUN {
                tally.tell(Record::NotRun { reason: (*reason).into() });
            }
        }
        tally.end();
        Ok(())
    }
}

/// How far an exploration came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explored {
    /// Orders of threads that were tried.
    pub orders: u64,
    /// Whether these are all within the bounds.
    pub all: bool,
}

/// Plays the orders with one preemption, then those with two, and so on: few preemptions find most defects, and each
/// bound that was gone through is one that can be stated.
fn deepen(
    machine: &mut Machine,
    recipe: &Recipe,
    piece: &Piece,
    each: &mut dyn FnMut(&Life),
) -> Result<Record, Stop> {
    let (mut explored, mut exhaustive) = (0, None);
    for preemptions in 1..=deepest(piece.extent) {
        let bounds = Bounds { preemptions: Some(preemptions), turns: None };
        let left = most(piece.extent).saturating_sub(explored);
        let round = explore(machine, recipe, bounds, piece.share, left, each)?;
        explored += round.orders;
        if !round.all {
            break;
        }
        exhaustive = Some(preemptions);
    }
    Ok(Record::Schedules { explored, exhaustive })
}

/// Plays a share of the orders of a race, each in a life of its own, `most` at most.
///
/// # Errors
/// When the host refuses the machine a new life, or lives are not determined by their choices.
pub fn explore(
    machine: &mut Machine,
    recipe: &Recipe,
    bounds: Bounds,
    share: Share,
    most: u64,
    each: &mut dyn FnMut(&Life),
) -> Result<Explored, Stop> {
    let explorer = Rc::new(RefCell::new(Explorer::new(bounds, share)));
    loop {
        let orders = explorer.borrow().lives();
        if orders >= most {
            return Ok(Explored { orders, all: false });
        }
        if !explorer.borrow_mut().next_life() {
            return Ok(Explored { orders, all: true });
        }
        let life = recipe.live_steered(machine, Box::new(Steered(Rc::clone(&explorer))))?;
        if explorer.borrow().has_diverged() {
            return Err(Stop::Host(format!(
                "{}: the same choices led elsewhere; nothing can be said of its orders",
                recipe.scenario.name
            )));
        }
        each(&life);
    }
}

/// How far from the usual order.
const fn deepest(extent: Extent) -> u32 {
    match extent {
        Extent::Quick => 2,
        Extent::Normal | Extent::Full => 3,
    }
}

/// How many orders of one share of a race are played at most.
const fn most(extent: Extent) -> u64 {
    match extent {
        Extent::Quick => 1_000,
        Extent::Normal => 10_000,
        Extent::Full => u64::MAX,
    }
}
