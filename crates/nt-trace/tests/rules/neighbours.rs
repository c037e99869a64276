//! What the filter above and the bus below find.

use crate::Case;
use crate::life::*;
use nt_trace::RuleSet;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp};

pub const CASES: &[Case] = &[
    ("FilterAboveAssertion", "0xC9/0x306", |life| above(life, NeighbourFault::Failed)),
    ("FilterAboveAssertion", "0xC9/0x213", |life| above(life, NeighbourFault::StatusChanged)),
    ("FilterAboveAssertion", "0xC9/0x22D", |life| above(life, NeighbourFault::NotPassedDown)),
    ("FilterAboveAssertion", "0xC9/0x224", |life| above(life, NeighbourFault::ReturnedOther)),
    ("FilterAboveAssertion", "0xC9/0x228", |life| above(life, NeighbourFault::PendingNotMarked)),
    ("FilterAboveAssertion", "0xC9/0x23E", |life| above(life, NeighbourFault::MarkedNotReturned)),
    ("FilterAboveAssertion", "0xC9/0x226", |life| above(life, NeighbourFault::NotComplete)),
    ("FilterAboveAssertion", "0xC9/0x5", |life| above(life, NeighbourFault::IrqlChanged)),
    ("FilterAboveAssertion", "0xC9/0x212", |life| above(life, NeighbourFault::LocationChanged)),
    ("BusBelowAssertion", "0xC9/0x213", |life| below(life, NeighbourFault::StatusScrambled)),
    ("BusBelowAssertion", "0xC9/0x23A", |life| below(life, NeighbourFault::BadIrql)),
    ("BusBelowAssertion", "0xC9/0x7", |life| below(life, NeighbourFault::CancelRoutine)),
    ("BusBelowAssertion", "", |life| below(life, NeighbourFault::ParametersChanged)),
    ("BusBelowAssertion", "", |life| below(life, NeighbourFault::RequestsLeft)),
    ("BusBelowAssertion", "", |life| below(life, NeighbourFault::AfterRemove)),
];

fn above(life: &mut Life, what: NeighbourFault) {
    found(life, Actor::Above, what);
}

fn below(life: &mut Life, what: NeighbourFault) {
    found(life, Actor::Below, what);
}

fn found(life: &mut Life, by: Actor, what: NeighbourFault) {
    let irp = life.created(IrpOrigin::PnpManager, mj::PNP, pnp::STOP_DEVICE);
    object(life, irp, by, what);
}

fn object(life: &mut Life, irp: ObjectId, by: Actor, what: NeighbourFault) {
    let (major, minor) = (mj::PNP, pnp::STOP_DEVICE);
    let (expected, found) = (1, u64::from(FAILED.0));
    life.push(NeighbourFound { by, irp, device: PDO, major, minor, what, expected, found });
}

#[test]
fn a_neighbour_is_silent_where_another_rule_has_spoken_of_the_irp() {
    let mut life = Life::new();
    let irp = life.created(IrpOrigin::Allocated, 0, 0);
    life.completed(irp, Actor::Driver, OK);
    object(&mut life, irp, Actor::Above, NeighbourFault::NotComplete);
    let found = RuleSet::judge(&life.events);
    let names: Vec<_> = found.iter().map(|violation| violation.rule.as_ref()).collect();
    assert_eq!(names, ["IoAllocateComplete"]);
}
