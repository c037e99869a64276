//! `PagedCodeAtPowerTrans`: nothing pageable is touched while `IRP_MN_SET_POWER` is handled. `PagedMemoryAsleep`: nor
//! while no page fault can be served, which hangs the machine.

use crate::event::{Event, EventKind, PagedTouched, Tag};
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Whether page faults are served.
#[derive(Default)]
pub struct PowerPaged {
    off_since: Option<u64>,
}

impl Rule for PowerPaged {
    fn names(&self) -> &'static [&'static str] {
        &["PagedCodeAtPowerTrans", "PagedMemoryAsleep"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::SystemPowerChanged, Tag::PagedTouched]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::SystemPowerChanged(change) if change.paging => self.off_since = None,
            EventKind::SystemPowerChanged(_) => self.off_since = self.off_since.or(Some(event.seq)),
            EventKind::PagedTouched(touch) => self.touched(event, touch, world, findings),
            _ => {}
        }
    }
}

impl PowerPaged {
    fn touched(&self, event: &Event, touch: &PagedTouched, world: &World, findings: &mut Findings) {
        let frames = world.thread(event).map(|thread| &*thread.frames).unwrap_or_default();
        let handled =
            frames.iter().rev().find_map(|frame| Some((frame, frame.power.filter(|it| it.is_set())?)));
        let what = if touch.object.is_some() {
            touch.object.to_string()
        } else {
            format!("section {}", touch.section)
        };
        if let Some((frame, power)) = handled {
            let detail = format!("{what} was touched while {} was handled", power.text());
            let found =
                Violation::new("PagedCodeAtPowerTrans", event).object(frame.irp()).object(touch.object);
            findings.report(found.since(frame.entered).detail(detail));
        } else if let Some(since) = self.off_since {
            let detail = format!("{what} was touched when no page fault could be served");
            let found = Violation::new("PagedMemoryAsleep", event).code(0x9F, 0x3).object(touch.object);
            findings.report(found.since(since).detail(detail));
        }
    }
}
