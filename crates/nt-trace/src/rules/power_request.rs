//! `RequestedPowerIrp`: `PoRequestPowerIrp` gives the IRP's address for wait/wake only. `WaitWakeAtBadIrql`: a
//! wait/wake IRP is asked for at `PASSIVE_LEVEL`.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::names::{self, PASSIVE_LEVEL, power};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["RequestedPowerIrp", "WaitWakeAtBadIrql"], interest: &[Tag::PowerIrpRequested], on };

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let EventKind::PowerIrpRequested(asked) = &event.kind else { return };
    let request = names::request(names::mj::POWER, asked.minor);
    if asked.wants_irp && asked.minor != power::WAIT_WAKE {
        let found = Violation::new("RequestedPowerIrp", event).code(0xC4, 0x4100B);
        let detail = format!("a place for the IRP of {request} was given: the IRP may be gone by then");
        findings.report(found.object(asked.irp).object(asked.device).detail(detail));
    }
    if asked.minor == power::WAIT_WAKE && event.irql > PASSIVE_LEVEL {
        let found = Violation::new("WaitWakeAtBadIrql", event).object(asked.irp).object(asked.device);
        findings.report(found.detail(format!("{request} was asked for at {}", names::irql(event.irql))));
    }
}
