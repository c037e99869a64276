//! Rules about what usbclient never does: that a driver does it at all is told, as advice, under the rule's name. Rules
//! of this kind that have a predicate of their own are not here.

use crate::event::{Event, EventKind, Tag};
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Routine, rules. Sorted by routine; the test of the catalogue compares it with the catalogue's table.
pub const TABLE: &[(&str, &[&str])] = &[
    ("FsRtlCheckOplock", &["IrqlNtifsApcPassive"]),
    ("FsRtlNotifyFullChangeDirectory", &["IrqlNtifsApcPassive"]),
    ("IoInvalidateDeviceRelations", BUS),
    ("IoRequestDeviceEject", BUS),
    ("IoSetStartIoAttributes", &["StartIoCancel"]),
    ("IoStartNextPacket", &["StartIoRecursion"]),
    ("IoStartNextPacketByKey", &["StartIoRecursion"]),
    ("IoStartPacket", &["StartIoCancel"]),
    ("PsImpersonateClient", &["IrqlNtifsApcPassive"]),
    ("SeQueryInformationToken", &["IrqlNtifsApcPassive"]),
    ("ZwQueryDirectoryFile", &["IrqlNtifsApcPassive"]),
];

const BUS: &[&str] = &["MarkQueryRelations", "TargetRelationNeedsRef", "CheckDeviceObjectFlags"];

/// The rules that are only asserted never to be needed.
pub const NAMES: &[&str] = &[
    "IoSetCompletionRoutineNonPnpDriver",
    "StartIoCancel",
    "StartIoRecursion",
    "MarkQueryRelations",
    "TargetRelationNeedsRef",
    "CheckDeviceObjectFlags",
    "IrqlNtifsApcPassive",
];

/// Whether the driver has an `AddDevice`.
#[derive(Debug, Default)]
pub struct NotReachable {
    without_pnp: bool,
}

impl Rule for NotReachable {
    fn names(&self) -> &'static [&'static str] {
        NAMES
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::Call, Tag::DispatchTable, Tag::CompletionRoutineSet]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::Call(call) => {
                let Ok(at) = TABLE.binary_search_by(|(routine, _)| (*routine).cmp(&call.routine)) else {
                    return;
                };
                for rule in TABLE.get(at).map_or(&[][..], |(_, rules)| *rules) {
                    let detail =
                        format!("{} was called, and what the rule asks of it is not judged", call.routine);
                    findings.report(Violation::new(rule, event).advice().detail(detail));
                }
            }
            EventKind::DispatchTable(table) => self.without_pnp = !table.add_device,
            EventKind::CompletionRoutineSet(set) if self.without_pnp && !set.ex => {
                let found = Violation::new("IoSetCompletionRoutineNonPnpDriver", event).object(set.irp);
                let detail = "a driver without AddDevice may be unloaded under its completion routine: use \
                              IoSetCompletionRoutineEx";
                findings.report(found.advice().detail(detail));
            }
            _ => {}
        }
    }
}
