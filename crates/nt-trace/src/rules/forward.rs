//! What an IRP must look like when it is sent down.

use super::exit::must_not_fail;
use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, IrpOrigin, IrpSent, StackCopied, Tag};
use crate::names::{self, mj};
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::{Irp, Owner, World};

pub const RULE: Predicate = Predicate {
    names: &[
        "ForwardNotOwned",
        "FailedIrpForwarded",
        "IrpInitialStatus",
        "IoAllocateForward",
        "IoBuildFsdForward",
        "StackCopiedNotSkipped",
        "CompletionRoutineCopied",
    ],
    interest: &[Tag::IrpSent, Tag::StackCopied],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::StackCopied(copied) => stack_copied(event, copied, findings),
        EventKind::IrpSent(sent) if sent.by == Actor::Driver => sent_down(event, sent, world, findings),
        _ => {}
    }
}

fn stack_copied(event: &Event, copied: &StackCopied, findings: &mut Findings) {
    if copied.with_completion_routine {
        let found = Violation::new("CompletionRoutineCopied", event).code(0xC9, 0x207).object(copied.irp);
        findings
            .report(found.detail("the upper driver's completion routine was copied with the stack location"));
    }
}

fn sent_down(event: &Event, sent: &IrpSent, world: &World, findings: &mut Findings) {
    let Some(irp) = world.irp(sent.irp) else {
        if world.irp_is_gone(sent.irp) {
            let found = Violation::new("ForwardNotOwned", event).code(0xC9, 0x03).object(sent.irp);
            findings.report(found.detail(format!("{} was sent, but it is gone already", sent.irp)));
        }
        return;
    };
    if matches!(irp.owner, Owner::Below | Owner::Completed) {
        let found =
            Violation::new("ForwardNotOwned", event).code(0xC9, 0x205).object(sent.irp).since(irp.sent);
        findings.report(found.detail(format!("{} was sent, but the driver does not own it", sent.irp)));
    } else if irp.is_ours() {
        own_irp(event, sent, irp, findings);
    } else {
        received_irp(event, sent, irp, findings);
    }
}

fn own_irp(event: &Event, sent: &IrpSent, irp: &Irp, findings: &mut Findings) {
    let initial = match sent.major {
        mj::PNP => Some(0x20E),
        mj::POWER => Some(0x20F),
        mj::SYSTEM_CONTROL => Some(0x210),
        _ => None,
    };
    if let Some(code) = initial
        && sent.status != NtStatus::NOT_SUPPORTED
    {
        let detail = format!("{} was sent with {}", names::request(sent.major, sent.minor), sent.status);
        findings.report(
            Violation::new("IrpInitialStatus", event).code(0xC9, code).object(sent.irp).detail(detail),
        );
    }
    let rule = match irp.origin {
        IrpOrigin::Allocated => "IoAllocateForward",
        IrpOrigin::BuiltAsynchronous => "IoBuildFsdForward",
        _ => return,
    };
    if irp.completion.is_none() {
        let found = Violation::new(rule, event).object(sent.irp).since(irp.created);
        findings.report(found.detail(format!("{} was sent without a completion routine", sent.irp)));
    }
}

fn received_irp(event: &Event, sent: &IrpSent, irp: &Irp, findings: &mut Findings) {
    let failed_by_us = sent.status.is_error()
        && sent.status != irp.received_status
        && sent.status != NtStatus::NOT_SUPPORTED;
    let code = if sent.major == mj::POWER { 0x219 } else { 0x215 };
    if failed_by_us && irp.below_status.is_none() && matches!(sent.major, mj::PNP | mj::POWER) {
        let request = names::request(sent.major, sent.minor);
        let whether = if must_not_fail(sent.major, sent.minor) { ", which must not be failed," } else { "" };
        let detail = format!("{request}{whether} was sent down with {}", sent.status);
        findings.report(
            Violation::new("FailedIrpForwarded", event).code(0xC9, code).object(sent.irp).detail(detail),
        );
    }
    if irp.copied && irp.completion.is_none() {
        let found =
            Violation::new("StackCopiedNotSkipped", event).code(0xC9, 0x21C).object(sent.irp).advice();
        findings.report(found.detail("the stack location was copied and no completion routine set: skip it"));
    }
}
