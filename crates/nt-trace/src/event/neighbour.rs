//! What the drivers around the one under test find wrong with an IRP that it had.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::mention::Mention;
use super::payload::payloads;
use crate::object::ObjectId;

/// What a neighbour of the driver found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NeighbourFault {
    /// A request that no driver may fail was failed.
    #[default]
    Failed,
    /// The status that the bus answered is not the one that came up.
    StatusChanged,
    /// The status of a request that the driver does not know was changed on the way down.
    StatusScrambled,
    /// The request should have reached the bus, and did not.
    NotPassedDown,
    /// The dispatch routine returned another status than the request was completed with.
    ReturnedOther,
    /// `STATUS_PENDING` was returned and `PendingReturned` was not set.
    PendingNotMarked,
    /// `PendingReturned` was set and `STATUS_PENDING` was not returned.
    MarkedNotReturned,
    /// The dispatch routine returned something else than `STATUS_PENDING` before the request was complete.
    NotComplete,
    /// The dispatch routine returned at another `IRQL`.
    IrqlChanged,
    /// The request came at an `IRQL` at which nobody may send it.
    BadIrql,
    /// The stack location of the driver above was written to.
    LocationChanged,
    /// The parameters of a request that is passed on were changed.
    ParametersChanged,
    /// A cancel routine is set on a request that the driver gave away.
    CancelRoutine,
    /// `IRP_MN_REMOVE_DEVICE` came while the bus still has requests of the driver.
    RequestsLeft,
    /// A request came after `IRP_MN_REMOVE_DEVICE`.
    AfterRemove,
}

impl Mention for NeighbourFault {
    fn mention(&self, _: &mut dyn FnMut(ObjectId)) {}
}

payloads! {
    /// The filter above or the bus below asserted something of an IRP, and it was not so.
    NeighbourFound {
        /// Who found it: `Above` or `Below`.
        by: Actor,
        /// The IRP.
        irp: ObjectId,
        /// The neighbour's device object.
        device: ObjectId,
        /// `IRP_MJ_*`
        major: u8,
        /// `IRP_MN_*`
        minor: u8,
        /// What was found.
        what: NeighbourFault,
        /// The number that should have been there: a status, an `IRQL`, a count. Zero: none is meant.
        expected: u64,
        /// The number that was.
        found: u64,
    }
}
