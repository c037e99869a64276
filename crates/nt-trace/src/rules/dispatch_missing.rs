//! `DispatchRoutineMissing`: a driver of a PnP device has routines for what every such device is sent.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::names::mj;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["DispatchRoutineMissing"], interest: &[Tag::DispatchTable], on };

const REQUIRED: [(u8, &str); 3] =
    [(mj::PNP, "IRP_MJ_PNP"), (mj::POWER, "IRP_MJ_POWER"), (mj::SYSTEM_CONTROL, "IRP_MJ_SYSTEM_CONTROL")];

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let EventKind::DispatchTable(table) = &event.kind else { return };
    // A driver without AddDevice is no driver of a PnP device.
    if !table.add_device {
        return;
    }
    for (_, name) in REQUIRED.iter().filter(|(major, _)| table.majors & (1 << major) == 0) {
        let found = Violation::new("DispatchRoutineMissing", event).code(0xC9, 0x21F).object(table.driver);
        findings.report(found.detail(format!("there is no dispatch routine for {name}")));
    }
}
