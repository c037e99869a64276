//! Drivers that do what usbclient never does.

use crate::Case;
use crate::life::*;
use nt_trace::event::*;
use nt_trace::names::mj;

pub const CASES: &[Case] = &[
    ("StartIoCancel", "", |life| called(life, "IoStartPacket")),
    ("StartIoRecursion", "", |life| {
        life.at(2, |life| called(life, "IoStartNextPacket"));
    }),
    ("IrqlNtifsApcPassive", "", |life| called(life, "SeQueryInformationToken")),
    ("IoSetCompletionRoutineNonPnpDriver", "", |life| {
        life.push(DispatchTable { driver: DRIVER, majors: u32::MAX, add_device: false });
        let irp = life.created(IrpOrigin::Allocated, mj::READ, 0);
        life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
    }),
];

fn called(life: &mut Life, routine: &'static str) {
    life.call(routine, |_| {});
}

#[test]
fn what_only_a_bus_driver_calls_is_told_under_each_rule_about_it() {
    let mut life = Life::new();
    called(&mut life, "IoInvalidateDeviceRelations");
    let found = nt_trace::RuleSet::judge(&life.events);
    let names: Vec<_> = found.iter().map(|violation| violation.rule.as_ref()).collect();
    assert_eq!(names, ["MarkQueryRelations", "TargetRelationNeedsRef", "CheckDeviceObjectFlags"]);
    assert!(found.iter().all(|violation| violation.severity == nt_trace::Severity::Advice));
}
