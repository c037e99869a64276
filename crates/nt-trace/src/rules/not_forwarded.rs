//! `PnpIrpCompletion`, `PowerIrpCompletion`, `WmiForward`: requests that belong to the whole stack go down.

use super::exit::must_not_fail;
use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, IrpOrigin, Tag};
use crate::names::{self, mj, pnp, power};
use crate::object::ObjectId;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::{Irp, PowerRequest, World};

pub const RULE: Predicate = Predicate {
    names: &["PnpIrpCompletion", "PowerIrpCompletion", "WmiForward"],
    interest: &[Tag::IrpCompleteCalled],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::IrpCompleteCalled(call) = &event.kind else { return };
    let Some(irp) = world.irp(call.irp) else { return };
    let judged = matches!(irp.major, mj::PNP | mj::POWER | mj::SYSTEM_CONTROL);
    if call.by != Actor::Driver || !judged || irp.sends > 0 || irp.is_ours() || irp.finished {
        return;
    }
    let device = if call.device.is_some() {
        call.device
    } else {
        world.dispatch(event).map_or(ObjectId::NONE, super::super::world::Frame::device)
    };
    // A physical or control device object is the bottom of its stack.
    if world.device(device).is_some_and(|device| device.attached_to.is_none())
        || may_end_here(irp, call.status)
    {
        return;
    }
    let kind = if call.status == irp.received_status { 2 } else { u32::from(call.status.is_success()) };
    let (rule, code) = match irp.major {
        mj::PNP => ("PnpIrpCompletion", 0x22D + kind),
        mj::POWER => ("PowerIrpCompletion", 0x230 + kind),
        _ => ("WmiForward", 0x220),
    };
    let request = names::request(irp.major, irp.minor);
    let detail = format!("{request} was completed with {} and never sent down", call.status);
    findings
        .report(Violation::new(rule, event).code(0xC9, code).object(call.irp).object(device).detail(detail));
}

/// Requests that a function driver may answer, or fail, by itself.
fn may_end_here(irp: &Irp, status: NtStatus) -> bool {
    if status.0 == NtStatus::DELETE_PENDING.0 {
        return true; // the remove lock could not be taken
    }
    match irp.major {
        mj::PNP => match irp.minor {
            pnp::QUERY_INTERFACE => true,
            pnp::QUERY_STOP_DEVICE | pnp::QUERY_REMOVE_DEVICE | pnp::DEVICE_USAGE_NOTIFICATION => {
                status.is_error()
            }
            // A failed request of this kind is PnpRemove's to report.
            minor => must_not_fail(irp.major, minor) && status.is_error(),
        },
        // A failed SET_POWER is PowerDownFail's and PowerUpFail's to report.
        mj::POWER => {
            let may_fail = matches!(irp.minor, power::QUERY_POWER | power::WAIT_WAKE);
            let told = irp.power.is_some_and(PowerRequest::is_set);
            (may_fail || told) && status.is_error()
        }
        // The provider that is named answers, whatever there is to say.
        _ => status.is_success() || irp.origin == IrpOrigin::WmiProvider,
    }
}
