//! `DoubleFetch`: what user mode can change is read once. A byte of a caller's buffer that the driver reads a second
//! time for the same request may be another one by then.

use crate::event::{Event, EventKind, Tag, UserRead};
use crate::map::ObjectMap;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// What was read already, by request.
#[derive(Debug, Default)]
pub struct DoubleFetch {
    read: ObjectMap<Vec<Range>>,
}

#[derive(Debug)]
struct Range {
    buffer: u32,
    from: u64,
    to: u64,
    seq: u64,
}

impl Rule for DoubleFetch {
    fn names(&self) -> &'static [&'static str] {
        &["DoubleFetch"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::UserRead, Tag::IrpFreed]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::UserRead(touched) if !touched.write && touched.length > 0 => {
                self.fetched(event, touched, findings);
            }
            EventKind::IrpFreed(freed) if !self.read.is_empty() => {
                self.read.remove(&freed.irp);
            }
            _ => {}
        }
    }
}

impl DoubleFetch {
    fn fetched(&mut self, event: &Event, touched: &UserRead, findings: &mut Findings) {
        let (from, to) = (touched.offset, touched.offset.saturating_add(touched.length.into()));
        let ranges = self.read.entry(touched.irp).or_default();
        let again =
            ranges.iter().find(|range| range.buffer == touched.buffer && range.from < to && from < range.to);
        if let Some(range) = again {
            let found = Violation::new("DoubleFetch", event).object(touched.irp).since(range.seq);
            let detail = format!("byte {} of a user buffer was read a second time", from.max(range.from));
            findings.report(found.detail(detail));
            return;
        }
        // A copy in pieces stays one range.
        match ranges.iter_mut().find(|range| range.buffer == touched.buffer && range.to == from) {
            Some(range) => range.to = to,
            None => ranges.push(Range { buffer: touched.buffer, from, to, seq: event.seq }),
        }
    }
}
