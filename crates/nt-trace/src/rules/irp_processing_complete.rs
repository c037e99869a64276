//! `IrpProcessingComplete`: an IRP that is neither passed on nor pended is completed.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::{Owner, World};

pub const RULE: Predicate =
    Predicate { names: &["IrpProcessingComplete"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    // After IoSetCompletionRoutineEx failed it is IoSetCompletionExCompleteIrp's to report.
    let kept =
        exit.state.is_some_and(|irp| irp.owner == Owner::Driver && !irp.finished && irp.refused.is_none());
    if kept && exit.returned != NtStatus::PENDING && !exit.frame.marked {
        let detail = format!(
            "{} returned {}, but the IRP was neither completed, nor passed on, nor pended",
            exit.request(),
            exit.returned
        );
        findings.report(exit.violation("IrpProcessingComplete", event).code(0xC9, 0x226).detail(detail));
    }
}
