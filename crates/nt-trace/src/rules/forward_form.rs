//! More of what I/O verification asks of an IRP that is sent: its stack location, where it goes, and its status.

use super::exit::must_not_fail;
use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, IrpOrigin, IrpSent, Tag};
use crate::names::{self, APC_LEVEL, mj, pnp, power};
use crate::object::ObjectId;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::{Irp, Owner, World};

pub const RULE: Predicate = Predicate {
    names: &[
        "ForwardControlNotZeroed",
        "ForwardSkippedDevice",
        "RequiredIrpNotHandled",
        "IrpReservedForOthers",
        "ConvertedToNotSupported",
        "SystemIrpSent",
        "BuiltIrpAtApcLevel",
    ],
    interest: &[Tag::IrpSent, Tag::IrpCompleteCalled],
    on,
};

/// `SL_PENDING_RETURNED | SL_ERROR_RETURNED`: what a lower driver's stack location never starts with.
const RETURNED: u8 = 0x03;

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::IrpSent(sent) if sent.by == Actor::Driver => {
            let Some(irp) = world.irp(sent.irp) else { return };
            // One that is not the driver's to send is ForwardNotOwned's to report.
            if matches!(irp.owner, Owner::Below | Owner::Completed) {
                return;
            }
            let found = if irp.is_ours() {
                own(event, sent, irp)
            } else {
                form(event, sent, irp, world).or_else(|| status(event, sent, irp))
            };
            findings.report_if(found);
        }
        EventKind::IrpCompleteCalled(call) if call.by == Actor::Driver => {
            let Some(irp) = world.irp(call.irp) else { return };
            let reserved = call.status == NtStatus::NOT_SUPPORTED && !irp.is_ours();
            if let Some(below) = irp.below_status
                && reserved
                && below != NtStatus::NOT_SUPPORTED
            {
                findings.report_if(converted(event, call.irp, irp, below));
            }
        }
        _ => {}
    }
}

fn found(rule: &'static str, code: u32, event: &Event, irp: ObjectId) -> Violation {
    Violation::new(rule, event).code(0xC9, code).object(irp)
}

fn own(event: &Event, sent: &IrpSent, irp: &Irp) -> Option<Violation> {
    let request = names::request(sent.major, sent.minor);
    let reserved = match sent.major {
        mj::PNP => {
            must_not_fail(sent.major, sent.minor)
                || matches!(
                    sent.minor,
                    pnp::START_DEVICE
                        | pnp::QUERY_REMOVE_DEVICE
                        | pnp::STOP_DEVICE
                        | pnp::QUERY_STOP_DEVICE
                        | pnp::DEVICE_USAGE_NOTIFICATION
                )
        }
        mj::POWER => matches!(sent.minor, power::SET_POWER | power::QUERY_POWER | power::WAIT_WAKE),
        _ => false,
    };
    if reserved {
        let detail = format!("{request} is the system's to send, and the driver made and sent one");
        return Some(found("SystemIrpSent", 0x237, event, sent.irp).detail(detail));
    }
    let synchronous = matches!(irp.origin, IrpOrigin::BuiltDeviceControl | IrpOrigin::BuiltSynchronous);
    // At DISPATCH_LEVEL other rules speak, but for the requests that may be sent there.
    if synchronous && event.irql == APC_LEVEL {
        let detail = format!("{request} was sent at APC_LEVEL, where the I/O manager cannot finish it");
        return Some(found("BuiltIrpAtApcLevel", 0x302, event, sent.irp).detail(detail));
    }
    None
}

fn form(event: &Event, sent: &IrpSent, irp: &Irp, world: &World) -> Option<Violation> {
    if !irp.skipped && sent.control & RETURNED != 0 {
        let detail =
            format!("the next stack location's Control was 0x{:02x}: it was not copied", sent.control);
        return Some(found("ForwardControlNotZeroed", 0x206, event, sent.irp).detail(detail));
    }
    let below = world.device(sent.from)?.attached_to;
    let stack = world.device(sent.to).is_some_and(|to| to.by != Actor::Driver);
    if below.is_some() && stack && sent.to != below && sent.from.is_some() {
        let detail = format!("sent to {}, not to {}, which the driver is attached to", sent.to, below);
        return Some(found("ForwardSkippedDevice", 0x211, event, sent.irp).object(sent.to).detail(detail));
    }
    None
}

fn status(event: &Event, sent: &IrpSent, irp: &Irp) -> Option<Violation> {
    let request = names::request(sent.major, sent.minor);
    let untouched = sent.status == irp.received_status;
    match (sent.major, sent.minor) {
        (mj::PNP, minor) if handled_by_all(minor) && sent.status == NtStatus::NOT_SUPPORTED => {
            let detail = format!("{request} was sent down with STATUS_NOT_SUPPORTED, as if nobody knew it");
            Some(found("RequiredIrpNotHandled", 0x217, event, sent.irp).detail(detail))
        }
        (mj::PNP, minor) if for_others(minor) && !untouched && sent.status.is_success() => {
            let detail = format!("{request} is for the bus driver, and was sent down with {}", sent.status);
            Some(found("IrpReservedForOthers", 0x218, event, sent.irp).detail(detail))
        }
        (mj::PNP | mj::POWER, _) if !untouched && sent.status == NtStatus::NOT_SUPPORTED => {
            converted(event, sent.irp, irp, irp.received_status)
        }
        _ => None,
    }
}

fn converted(event: &Event, id: ObjectId, irp: &Irp, before: NtStatus) -> Option<Violation> {
    let code = match irp.major {
        // NsRemoveLock… report these.
        mj::PNP if must_not_fail(irp.major, irp.minor) || irp.minor == pnp::QUERY_REMOVE_DEVICE => {
            return None;
        }
        mj::PNP => 0x216,
        mj::POWER => 0x21A,
        _ => return None,
    };
    let request = names::request(irp.major, irp.minor);
    let detail = format!("{request} had {before}, and the driver made STATUS_NOT_SUPPORTED of it");
    Some(found("ConvertedToNotSupported", code, event, id).detail(detail))
}

/// What every driver of a stack has to answer for itself before it passes it on.
const fn handled_by_all(minor: u8) -> bool {
    matches!(
        minor,
        pnp::QUERY_REMOVE_DEVICE
            | pnp::REMOVE_DEVICE
            | pnp::CANCEL_REMOVE_DEVICE
            | pnp::STOP_DEVICE
            | pnp::QUERY_STOP_DEVICE
            | pnp::CANCEL_STOP_DEVICE
            | pnp::SURPRISE_REMOVAL
    )
}

/// `IRP_MN_QUERY_RESOURCES`, `_QUERY_RESOURCE_REQUIREMENTS`, `_QUERY_DEVICE_TEXT`, `_READ_CONFIG`, `_WRITE_CONFIG`,
/// `_EJECT`, `_SET_LOCK`, `_QUERY_ID`, `_QUERY_BUS_INFORMATION`: only bus drivers handle them.
const fn for_others(minor: u8) -> bool {
    matches!(minor, 0x0A | 0x0B | 0x0C | 0x0F..=0x13 | 0x15)
}
