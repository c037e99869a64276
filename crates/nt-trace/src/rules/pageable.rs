//! `PagedCode`, `PageableData` and `CompletionRoutinePageable`: what may be paged out is not there above `APC_LEVEL`.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, PagedTouched, Tag};
use crate::names::{self, APC_LEVEL};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &["PagedCode", "PageableData", "CompletionRoutinePageable"],
    interest: &[Tag::PagedTouched, Tag::CompletionRoutineSet],
    on,
};

fn on(event: &Event, _: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::PagedTouched(touched) if event.irql > APC_LEVEL => {
            findings.report(above_apc(event, touched));
        }
        EventKind::CompletionRoutineSet(set) if set.pageable => {
            let found = Violation::new("CompletionRoutinePageable", event).code(0xC9, 0x227).object(set.irp);
            let place = set.routine.as_ref().map_or_else(String::new, |site| format!(" at {site}"));
            findings.report(found.detail(format!("the completion routine{place} is in pageable code")));
        }
        _ => {}
    }
}

fn above_apc(event: &Event, touched: &PagedTouched) -> Violation {
    let (rule, how) = match (touched.execute, touched.write) {
        (true, _) => ("PagedCode", "ran"),
        (false, true) => ("PageableData", "was written"),
        (false, false) => ("PageableData", "was read"),
    };
    let what = if touched.object.is_some() {
        touched.object.to_string()
    } else {
        format!("section {}", touched.section)
    };
    let detail = format!("{what} {how} at {}, offset 0x{:x}", names::irql(event.irql), touched.offset);
    Violation::new(rule, event).check(0xD1).object(touched.object).detail(detail)
}
