//! `BasePipeAfterStreams`, `StreamPipeRequest`, `StreamsNotOpen`, `StalePipe`: which pipe handle is for what.

use std::collections::BTreeSet;

use crate::event::{Event, EventKind, Tag, UrbSubmitted};
use crate::map::ObjectMap;
use crate::names::function;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Every pipe that has, had or is a stream.
#[derive(Default)]
pub struct Streams {
    /// Pipes of endpoints whose streams were opened, and since when.
    bases: ObjectMap<u64>,
    /// Those whose streams are open.
    open: BTreeSet<ObjectId>,
    /// Pipes of streams.
    pipes: ObjectMap<u64>,
    /// URBs that close streams, and of which pipe.
    closing: ObjectMap<ObjectId>,
}

impl Rule for Streams {
    fn names(&self) -> &'static [&'static str] {
        &["BasePipeAfterStreams", "StreamPipeRequest", "StreamsNotOpen", "StalePipe"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::StreamOpened, Tag::StalePipeUsed, Tag::UrbSubmitted, Tag::UrbCompleted]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::StreamOpened(open) => {
                self.bases.entry(open.base).or_insert(event.seq);
                self.pipes.insert(open.pipe, event.seq);
                self.open.insert(open.base);
            }
            EventKind::UrbSubmitted(sent) => self.submitted(event, sent, findings),
            EventKind::UrbCompleted(done) => {
                if let Some(base) = self.closing.remove(&done.urb).filter(|_| done.usbd_status == 0) {
                    self.open.remove(&base);
                }
            }
            EventKind::StalePipeUsed(used) => {
                let found = Violation::new("StalePipe", event).object(used.pipe).object(used.urb);
                findings.report(found.detail(format!("{} names {}, which is closed", used.urb, used.pipe)));
            }
            _ => {}
        }
    }
}

impl Streams {
    fn submitted(&mut self, event: &Event, sent: &UrbSubmitted, findings: &mut Findings) {
        let found = |rule| Violation::new(rule, event).object(sent.pipe).object(sent.urb);
        match sent.function {
            function::BULK_OR_INTERRUPT_TRANSFER | function::BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL => {
                if let Some(since) = self.bases.get(&sent.pipe) {
                    let detail = format!("{} is for {}, on which streams were opened", sent.urb, sent.pipe);
                    findings.report(found("BasePipeAfterStreams").since(*since).detail(detail));
                }
            }
            function::ABORT_PIPE
            | function::SYNC_RESET_PIPE_AND_CLEAR_STALL
            | function::SYNC_RESET_PIPE
            | function::SYNC_CLEAR_STALL => {
                if let Some(since) = self.pipes.get(&sent.pipe) {
                    let detail = format!("{} is for one stream, {}", sent.urb, sent.pipe);
                    findings.report(found("StreamPipeRequest").since(*since).detail(detail));
                }
            }
            function::CLOSE_STATIC_STREAMS if self.open.contains(&sent.pipe) => {
                self.closing.insert(sent.urb, sent.pipe);
            }
            function::CLOSE_STATIC_STREAMS => {
                let detail = format!("{} closes the streams of {}, which has none", sent.urb, sent.pipe);
                findings.report(found("StreamsNotOpen").detail(detail));
            }
            _ => {}
        }
    }
}
