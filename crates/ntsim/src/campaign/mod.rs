//! Campaigns: many lives of one driver, each with something else that goes wrong.
//!
//! A [`Campaign`] cuts its work into [`Piece`]s before anything runs, so that processes and machines can share
//! it. A piece says what happened in [`Record`]s. What determines one life is a [`Recipe`]: a [`Finding`] holds
//! the one that repeats it.

mod attempt;
pub mod callers;
pub mod faults;
pub mod fetch;
pub mod hostile;
pub mod order;
pub mod pct;
pub mod pending;
mod piece;
mod recipe;
mod record;
pub mod schedules;
pub mod scripts;
pub mod specimens;
pub mod subject;
mod tally;

pub use piece::{Extent, Piece, Plan, Share};
pub use recipe::Recipe;
pub use record::{Finding, Record, Told, Wrong, wrong_in};

use crate::{machine::Machine, stop::Stop};

/// Every campaign over a driver. The one over the specimens ([`specimens::Specimens`]) needs their table.
#[must_use]
pub fn all() -> Vec<Box<dyn Campaign>> {
    vec![
        // First, because it plays every scenario: what breaks in each life shows at once.
        Box::new(pending::Pending),
        Box::new(faults::Faults),
        Box::new(schedules::Schedules),
        Box::new(pct::PctCampaign),
        Box::new(scripts::Scripts),
        Box::new(hostile::Hostile),
        Box::new(callers::Callers),
        Box::new(fetch::Fetch),
    ]
}

/// A kind of trial.
pub trait Campaign {
    /// Its name: one lower-case word, as on the command line.
    fn name(&self) -> &'static str;

    /// What it tries, in a line.
    fn about(&self) -> &'static str;

    /// Its work for a plan, in pieces of a few seconds at most. The same plan gives the same pieces in the same
    /// order, on every machine; nothing of the driver runs for it.
    fn pieces(&self, plan: &Plan) -> Vec<Piece>;

    /// Does one piece. The machine may have lived before; each life begins with [`Recipe::live`] or
    /// [`Machine::next_life`]. The same piece gives the same records in the same order.
    ///
    /// # Errors
    /// When the host refuses the machine a new life. What a driver does wrong is a record, never an error.
    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop>;
}
