//! What of a trace is drawn.

use std::fmt::Write;

use super::diagram::Drawing;
use super::lane::{Cast, Lane};
use super::{Diagram, Section};
use crate::event::{Event, EventKind};
use crate::object::{ObjectId, ObjectKind};
use crate::view::amount::{bytes, plural};
use crate::view::fold::{Transfer, folded, transfers};
use crate::view::owner::owners;
use crate::view::timeline::clock;
use crate::violation::Violation;

/// Rows before a violation; the earlier ones are left out.
const BEFORE: usize = 120;
/// Events after a violation.
const AFTER: usize = 4;
/// Sections that are open from the start in a run without violations.
const OPEN: usize = 3;

/// Whether a filter above takes part.
fn has_filter(events: &[Event], cast: &Cast) -> bool {
    events
        .iter()
        .any(|event| matches!(&event.kind, EventKind::IrpSent(sent) if cast.device(sent.to) == Lane::Filter))
}

/// The life of what a violation is about, up to where the rule was found broken.
///
/// The IRP's, if it is about one; otherwise that of its objects; otherwise what its thread did.
#[must_use]
pub fn around(violation: &Violation, events: &[Event]) -> Diagram {
    let cast = Cast::of(events);
    let owners = owners(events);
    let last = violation.seqs.last().copied().unwrap_or(u64::MAX);
    let irps: Vec<ObjectId> =
        violation.objects.iter().copied().filter(|object| object.kind == ObjectKind::Irp).collect();
    let found =
        events.iter().position(|event| event.seq == last).unwrap_or_else(|| events.len().saturating_sub(1));
    let thread = events.get(found).map_or(0, |event| event.thread);
    let concerns = |event: &Event, owner: &ObjectId| {
        if violation.seqs.contains(&event.seq) {
            true
        } else if !irps.is_empty() {
            irps.contains(owner) || irps.iter().any(|irp| event.kind.names(*irp))
        } else if violation.objects.is_empty() {
            event.thread == thread
        } else {
            violation.objects.iter().any(|object| event.kind.names(*object))
        }
    };
    let chosen: Vec<&Event> = events
        .iter()
        .zip(&owners)
        .take(found.saturating_add(1 + AFTER))
        .filter(|(event, owner)| concerns(event, owner))
        .map(|(event, _)| event)
        .collect();
    let mut drawing = Drawing::new(&cast, has_filter(events, &cast), true);
    let skipped = chosen.len().saturating_sub(BEFORE);
    if let Some(first) = chosen.get(skipped).filter(|_| skipped > 0) {
        drawing.left_out(first, &format!("\u{2026} {} before this", plural(skipped as u64, "event")));
    }
    for event in chosen.into_iter().skip(skipped) {
        drawing.event(event);
        if event.seq == last {
            drawing.mark(event, &format!("\u{203c} {}: {}", violation.rule, violation.detail));
        }
    }
    drawing.finish()
}

/// A whole life, a section for each step of the script that something happens in. Ordinary transfers after the
/// first of their kind are counted and not drawn.
#[must_use]
pub fn sections(events: &[Event], violations: &[Violation]) -> Vec<Section> {
    let cast = Cast::of(events);
    let owners = owners(events);
    let transfers = transfers(events);
    let fold = folded(events, &owners, &transfers, violations);
    let filter = has_filter(events, &cast);
    let mut builder = Builder { cast: &cast, filter, sections: Vec::new(), current: None };
    builder.begin(0, "load");
    for (event, owner) in events.iter().zip(&owners) {
        if let EventKind::Step(step) = &event.kind {
            builder.begin(event.time, &step.text);
        } else if fold.contains(owner) {
            if let (EventKind::IrpFinished(_), Some(transfer)) = (&event.kind, transfers.get(owner)) {
                builder.fold(event, transfer);
            }
        } else {
            builder.event(event);
        }
        for violation in violations.iter().filter(|violation| violation.seqs.last() == Some(&event.seq)) {
            builder.violation(event, violation);
        }
    }
    let mut sections = builder.finish();
    if !sections.iter().any(|section| section.open) {
        sections.iter_mut().take(OPEN).for_each(|section| section.open = true);
    }
    sections
}

struct Builder<'a> {
    cast: &'a Cast,
    filter: bool,
    sections: Vec<Section>,
    current: Option<Open<'a>>,
}

/// A section that grows.
struct Open<'a> {
    time: u64,
    heading: String,
    drawing: Drawing<'a>,
    violations: u64,
    /// Transfers that are not drawn since the last row: how many, bytes, what, the last event.
    more: Option<(u64, u64, &'static str, Event)>,
    transfers: u64,
}

impl Builder<'_> {
    fn begin(&mut self, time: u64, heading: &str) {
        // The same step again goes on in the same section.
        if self.current.as_ref().is_some_and(|open| open.heading == heading) {
            return;
        }
        self.end();
        let drawing = Drawing::new(self.cast, self.filter, false);
        let heading = heading.to_owned();
        self.current = Some(Open { time, heading, drawing, violations: 0, more: None, transfers: 0 });
    }

    fn event(&mut self, event: &Event) {
        let Some(open) = &mut self.current else { return };
        if open.more.is_some() && super::message::message(event, self.cast, false).is_some() {
            open.flush();
        }
        open.drawing.event(event);
    }

    fn fold(&mut self, event: &Event, transfer: &Transfer) {
        let Some(open) = &mut self.current else { return };
        let (count, moved) = open.more.as_ref().map_or((0, 0), |(count, moved, ..)| (*count, *moved));
        let moved = moved.saturating_add(transfer.bytes);
        open.more = Some((count + 1, moved, transfer.what(), event.clone()));
        open.transfers += 1;
    }

    fn violation(&mut self, event: &Event, violation: &Violation) {
        let Some(open) = &mut self.current else { return };
        open.flush();
        open.violations += 1;
        open.drawing.mark(event, &format!("\u{203c} {}: {}", violation.rule, violation.detail));
    }

    fn end(&mut self) {
        let Some(mut open) = self.current.take() else { return };
        open.flush();
        let rows = open.drawing.len() as u64;
        if rows == 0 {
            return;
        }
        let mut gist = plural(rows, "message");
        if open.transfers > 0 {
            let _ = write!(gist, ", {} not drawn", plural(open.transfers, "transfer"));
        }
        if open.violations > 0 {
            let _ = write!(gist, ", {}", plural(open.violations, "violation"));
        }
        self.sections.push(Section {
            time: clock(open.time).trim().to_owned(),
            heading: open.heading,
            gist,
            open: open.violations > 0,
            diagram: open.drawing.finish(),
        });
    }

    fn finish(mut self) -> Vec<Section> {
        self.end();
        self.sections
    }
}

impl Open<'_> {
    /// Says what was not drawn.
    fn flush(&mut self) {
        if let Some((count, moved, what, event)) = self.more.take() {
            let text = format!("\u{2026} {}, {}", plural(count, &format!("more {what}")), bytes(moved));
            self.drawing.left_out(&event, &text);
        }
    }
}
