//! `WmiComplete`: a WMI request that the driver keeps is completed before its dispatch routine returns.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::names::mj;
use crate::violation::Findings;
use crate::world::World;

pub const RULE: Predicate = Predicate { names: &["WmiComplete"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    // Without the pending mark it is IrpProcessingComplete's or MarkIrpPending2's to report.
    let pended = exit.frame.marked && !exit.frame.sent && exit.frame.completed.is_none();
    if exit.major == mj::SYSTEM_CONTROL && pended {
        let detail = format!("{} was pended instead of completed", exit.request());
        findings.report(exit.violation("WmiComplete", event).detail(detail));
    }
}
