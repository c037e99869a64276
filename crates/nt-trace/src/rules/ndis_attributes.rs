//! `NdisMiniportAttributes`: what a miniport driver tells `NDIS` about an adapter, and in which order.

use crate::event::{Callback, Event, EventKind, MiniportAttributesSet, Tag};
use crate::map::ObjectMap;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// The adapters that are being initialised.
#[derive(Default)]
pub struct NdisAttributes {
    adapters: ObjectMap<Told>,
}

/// What was told about an adapter, and whether its omission was.
#[derive(Default)]
struct Told {
    registration: bool,
    general: bool,
    reported: bool,
}

impl Rule for NdisAttributes {
    fn names(&self) -> &'static [&'static str] {
        &["NdisMiniportAttributes"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::CallbackEnter, Tag::CallbackLeave, Tag::MiniportAttributesSet]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::CallbackEnter(enter) => {
                if let Callback::MiniportInitialize { adapter } = enter.callback {
                    self.adapters.insert(adapter, Told::default());
                }
            }
            EventKind::MiniportAttributesSet(set) => self.set(event, set, findings),
            EventKind::CallbackLeave(leave) => {
                if let Callback::MiniportInitialize { adapter } = leave.callback {
                    let told = self.adapters.remove(&adapter).unwrap_or_default();
                    if leave.status == NtStatus::SUCCESS && !told.reported {
                        findings.report_if(left_out(event, adapter, &told));
                    }
                }
            }
            _ => {}
        }
    }
}

impl NdisAttributes {
    fn set(&mut self, event: &Event, set: &MiniportAttributesSet, findings: &mut Findings) {
        let Some(told) = self.adapters.get_mut(&set.adapter) else { return };
        let is_registration = set.attributes == "registration";
        let is_general = set.attributes == "general";
        let missing = match (told.registration, told.general) {
            (false, _) if !is_registration => Some("registration"),
            (_, false) if !is_registration && !is_general => Some("general"),
            _ => None,
        };
        if let Some(missing) = missing.filter(|_| !told.reported) {
            told.reported = true;
            let found = Violation::new("NdisMiniportAttributes", event).object(set.adapter);
            let detail = format!(
                "the {} attributes of {} were set before its {missing} attributes",
                set.attributes, set.adapter
            );
            findings.report(found.detail(detail));
        }
        if set.status.is_success() {
            told.registration |= is_registration;
            told.general |= is_general;
        }
    }
}

fn left_out(event: &Event, adapter: ObjectId, told: &Told) -> Option<Violation> {
    let missing = match (told.registration, told.general) {
        (false, _) => "registration",
        (true, false) => "general",
        (true, true) => return None,
    };
    let found = Violation::new("NdisMiniportAttributes", event).object(adapter);
    Some(found.detail(format!("{adapter} is initialised, and its {missing} attributes were not set")))
}
