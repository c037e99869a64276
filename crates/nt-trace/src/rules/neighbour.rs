//! What the filter above and the bus below have in common: how their findings become violations.

use crate::event::{Event, EventKind, NeighbourFault, NeighbourFound};
use crate::names::request;
use crate::value::NtStatus;
use crate::violation::{Findings, Severity, Violation};

/// Findings of one neighbour.
#[derive(Debug, Default)]
pub struct Found(Vec<Event>);

impl Found {
    /// Takes note; [`Self::report`] judges when every other rule has spoken.
    pub fn note(&mut self, event: &Event) {
        self.0.push(event.clone());
    }

    /// Reports what no other rule has said of the same IRP.
    pub fn report(&mut self, rule: &'static str, findings: &mut Findings) {
        for event in self.0.drain(..) {
            let EventKind::NeighbourFound(found) = &event.kind else { continue };
            let said = findings
                .list()
                .iter()
                .any(|one| one.severity == Severity::Error && one.objects.contains(&found.irp));
            if !said {
                findings.report(violation(rule, &event, found));
            }
        }
    }
}

fn violation(rule: &'static str, event: &Event, found: &NeighbourFound) -> Violation {
    let violation = Violation::new(rule, event).object(found.irp).object(found.device);
    let violation = violation.detail(format!("{}: {}", request(found.major, found.minor), text(found)));
    match code(found.what) {
        Some(parameter) => violation.code(0xC9, parameter),
        None => violation,
    }
}

/// The parameter of bug check 0xC9 that Driver Verifier has for it.
const fn code(what: NeighbourFault) -> Option<u32> {
    Some(match what {
        NeighbourFault::Failed => 0x306,
        NeighbourFault::StatusChanged | NeighbourFault::StatusScrambled => 0x213,
        NeighbourFault::NotPassedDown => 0x22D,
        NeighbourFault::ReturnedOther => 0x224,
        NeighbourFault::PendingNotMarked => 0x228,
        NeighbourFault::MarkedNotReturned => 0x23E,
        NeighbourFault::NotComplete => 0x226,
        NeighbourFault::IrqlChanged => 0x05,
        NeighbourFault::BadIrql => 0x23A,
        NeighbourFault::LocationChanged => 0x212,
        NeighbourFault::CancelRoutine => 0x07,
        _ => return None,
    })
}

fn text(found: &NeighbourFound) -> String {
    let status = |value: u64| NtStatus(u32::try_from(value).unwrap_or(u32::MAX));
    let (expected, is) = (found.expected, found.found);
    match found.what {
        NeighbourFault::Failed => format!("nobody may fail it, and it ended with {}", status(is)),
        NeighbourFault::StatusChanged => {
            format!("the bus answered {}, and {} came up", status(expected), status(is))
        }
        NeighbourFault::StatusScrambled => {
            format!("it was sent with {} and came with {}", status(expected), status(is))
        }
        NeighbourFault::NotPassedDown => format!("it ended with {} and the bus never saw it", status(is)),
        NeighbourFault::ReturnedOther => {
            format!("{} was returned, and it was completed with {}", status(is), status(expected))
        }
        NeighbourFault::PendingNotMarked => {
            "STATUS_PENDING was returned, and PendingReturned is FALSE".into()
        }
        NeighbourFault::MarkedNotReturned => {
            format!("PendingReturned is TRUE, and {} was returned", status(is))
        }
        NeighbourFault::NotComplete => format!("{} was returned before it was complete", status(is)),
        NeighbourFault::IrqlChanged => format!("it was sent at IRQL {expected}, and came back at IRQL {is}"),
        NeighbourFault::BadIrql => format!("it came at IRQL {is}; the highest allowed is {expected}"),
        NeighbourFault::LocationChanged => "the stack location of the driver above was changed".into(),
        NeighbourFault::ParametersChanged => "its parameters were changed on the way down".into(),
        NeighbourFault::CancelRoutine => "it still has a cancel routine".into(),
        NeighbourFault::RequestsLeft => format!("{is} requests of the driver are still below"),
        NeighbourFault::AfterRemove => "it came after IRP_MN_REMOVE_DEVICE".into(),
    }
}
