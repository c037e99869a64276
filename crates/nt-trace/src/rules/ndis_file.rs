//! The files of a miniport driver: opened, mapped and closed during initialisation, and closed at its end.
//!
//! `NdisOpenFile` is for `MiniportInitializeEx` itself, so for its thread; the pages of `NdisMapFile` and
//! `NdisCloseFile` say *during initialization*: while a `MiniportInitializeEx` runs.

use std::collections::BTreeMap;

use crate::event::{Callback, Event, EventKind, NdisFileOpened, Tag};
use crate::map::ObjectMap;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::Site;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Every file, and who initialises.
#[derive(Default)]
pub struct NdisFiles {
    files: ObjectMap<File>,
    /// The adapter that a thread initialises.
    initialising: BTreeMap<u32, ObjectId>,
}

struct File {
    thread: u32,
    opened: u64,
    site: Option<Site>,
    is_mapped: bool,
    closed: Option<u64>,
    /// It was open when the initialisation that opened it ended, and that was told.
    was_left_open: bool,
}

impl Rule for NdisFiles {
    fn names(&self) -> &'static [&'static str] {
        &["NdisFileLeftOpen", "NdisFileOutsideInitialization", "NdisFileHandle", "NdisFileMapping"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::CallbackEnter,
            Tag::CallbackLeave,
            Tag::NdisFileOpened,
            Tag::NdisFileMapped,
            Tag::NdisFileUnmapped,
            Tag::NdisFileClosed,
        ]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::CallbackEnter(enter) => {
                if let Callback::MiniportInitialize { adapter } = enter.callback {
                    self.initialising.insert(event.thread, adapter);
                }
            }
            EventKind::CallbackLeave(leave) => {
                if let Callback::MiniportInitialize { adapter } = leave.callback {
                    self.initialising.remove(&event.thread);
                    self.left_open(event, adapter, findings);
                }
            }
            EventKind::NdisFileOpened(opened) => self.opened(event, opened, findings),
            EventKind::NdisFileMapped(mapped) => {
                self.mapped(event, mapped.file, mapped.status.is_success(), findings);
            }
            EventKind::NdisFileUnmapped(unmapped) => self.unmapped(event, unmapped.file, findings),
            EventKind::NdisFileClosed(closed) => self.closed(event, closed.file, findings),
            _ => {}
        }
    }
}

impl NdisFiles {
    fn opened(&mut self, event: &Event, opened: &NdisFileOpened, findings: &mut Findings) {
        if !self.initialising.contains_key(&event.thread) {
            let found = Violation::new("NdisFileOutsideInitialization", event).object(opened.file);
            let detail = format!("NdisOpenFile of {} outside of MiniportInitializeEx", opened.name);
            findings.report(found.detail(detail));
        }
        if opened.file.is_some() {
            let file = File {
                thread: event.thread,
                opened: event.seq,
                site: event.site.clone(),
                is_mapped: false,
                closed: None,
                was_left_open: false,
            };
            self.files.insert(opened.file, file);
        }
    }

    fn mapped(&mut self, event: &Event, id: ObjectId, succeeded: bool, findings: &mut Findings) {
        let is_initialising = !self.initialising.is_empty();
        let Some(file) = self.open_file(event, id, "mapped", findings) else { return };
        if file.is_mapped {
            findings.report(out_of_turn(event, id, file, "mapped, which it is already"));
        }
        file.is_mapped |= succeeded;
        if !is_initialising {
            findings.report(outside(event, id, file, "mapped"));
        }
    }

    fn unmapped(&mut self, event: &Event, id: ObjectId, findings: &mut Findings) {
        let Some(file) = self.open_file(event, id, "unmapped", findings) else { return };
        if !file.is_mapped {
            findings.report(out_of_turn(event, id, file, "unmapped, and is not mapped"));
        }
        file.is_mapped = false;
    }

    fn closed(&mut self, event: &Event, id: ObjectId, findings: &mut Findings) {
        let is_initialising = !self.initialising.is_empty();
        let Some(file) = self.open_file(event, id, "closed", findings) else { return };
        file.closed = Some(event.seq);
        // That a file was left open says already that it is closed too late.
        if !is_initialising && !file.was_left_open {
            findings.report(outside(event, id, file, "closed"));
        }
    }

    /// The file, if its handle may be used.
    fn open_file(
        &mut self,
        event: &Event,
        id: ObjectId,
        how: &str,
        findings: &mut Findings,
    ) -> Option<&mut File> {
        let Some(file) = self.files.get_mut(&id) else {
            let found = Violation::new("NdisFileHandle", event);
            findings.report(found.detail(format!("a handle is {how} that NdisOpenFile did not return")));
            return None;
        };
        if let Some(closed) = file.closed {
            let found = Violation::new("NdisFileHandle", event).object(id).since(closed);
            findings.report(found.detail(format!("{id} is {how} after it was closed")));
            return None;
        }
        Some(file)
    }

    /// Initialisation has ended in this thread.
    fn left_open(&mut self, event: &Event, adapter: ObjectId, findings: &mut Findings) {
        let mut left: Vec<_> = self
            .files
            .iter_mut()
            .filter(|(_, file)| file.thread == event.thread && file.closed.is_none() && !file.was_left_open)
            .collect();
        left.sort_by_key(|(id, _)| **id);
        for (id, file) in left {
            file.was_left_open = true;
            let found = Violation::new("NdisFileLeftOpen", event).object(*id).object(adapter);
            let detail = format!("{id} is open when MiniportInitializeEx of {adapter} returns");
            findings.report(found.since(file.opened).at(file.site.as_ref()).detail(detail));
        }
    }
}

fn outside(event: &Event, id: ObjectId, file: &File, how: &str) -> Violation {
    let found = Violation::new("NdisFileOutsideInitialization", event).object(id).since(file.opened);
    found.detail(format!("{id} is {how} while nothing is initialised"))
}

fn out_of_turn(event: &Event, id: ObjectId, file: &File, how: &str) -> Violation {
    let found = Violation::new("NdisFileMapping", event).object(id).since(file.opened);
    found.detail(format!("{id} is {how}"))
}
