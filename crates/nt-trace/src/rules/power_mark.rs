//! `MarkPower`, `MarkPowerDown`, `MarkDevicePower`: a driver that does something about `IRP_MN_SET_POWER` pends it.
//!
//! The pages ask that the IRP is pended. Our reading: a driver that only skips its stack location and passes the IRP
//! down is a filter and need not; one that sets a completion routine, or keeps the IRP, marks it pending in its
//! dispatch routine.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::violation::Findings;
use crate::world::{Owner, World};

pub const RULE: Predicate = Predicate {
    names: &["MarkPower", "MarkPowerDown", "MarkDevicePower"],
    interest: &[Tag::CallbackLeave],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    let Some(power) = exit.frame.power.filter(|power| power.is_set()) else { return };
    let kept = exit.state.is_some_and(|irp| irp.owner == Owner::Driver && !irp.finished);
    let handled = exit.frame.with_completion || (kept && exit.frame.completed.is_none());
    if !handled || exit.frame.marked {
        return;
    }
    let rule = match (power.system, power.is_up()) {
        (true, true) => "MarkPower",
        (true, false) => "MarkPowerDown",
        (false, _) => "MarkDevicePower",
    };
    let detail = format!("{} was handled, but not marked pending", power.text());
    findings.report(exit.violation(rule, event).detail(detail));
}
