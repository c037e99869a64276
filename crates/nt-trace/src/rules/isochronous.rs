//! `IsochronousPackets`, `IsochronousPeriod`: isochronous URBs are what the contract of Windows 8 asks for.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &["IsochronousPackets", "IsochronousPeriod"],
    interest: &[Tag::IsochronousSubmitted],
    on,
};

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let EventKind::IsochronousSubmitted(sent) = &event.kind else { return };
    let found = |rule| Violation::new(rule, event).object(sent.urb).object(sent.irp);
    // A pipe that no URB can use: the number of packets says nothing then.
    if sent.period > 8 {
        let detail = format!(
            "{} is for endpoint 0x{:02x}, which is polled every {} microframes",
            sent.urb, sent.endpoint, sent.period
        );
        findings.report(found("IsochronousPeriod").detail(detail));
        return;
    }
    let (packets, most) = (sent.packets, sent.most.min(sent.room));
    let whole = sent.per_frame == 0 || packets.is_multiple_of(sent.per_frame);
    if packets == 0 || packets > most || !whole {
        let detail = format!(
            "{} has {packets} packets: at most {most}, and a multiple of {}",
            sent.urb, sent.per_frame
        );
        findings.report(found("IsochronousPackets").detail(detail));
    }
}
