//! The executive's lists, locks and references.

mod interlocked;
mod lookaside;
mod resource;
mod rundown;

use super::export::Export;

/// The routines of this part.
pub const EXPORTS: &[&[Export]] =
    &[interlocked::EXPORTS, lookaside::EXPORTS, resource::EXPORTS, rundown::EXPORTS];

/// What the executive knows of the driver's objects.
#[derive(Debug, Default)]
pub struct Ex {
    lookaside: lookaside::Lists,
    resources: resource::Resources,
    rundown: rundown::Waiting,
}
