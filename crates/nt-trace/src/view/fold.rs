//! Which data transfers a timeline folds into one line.

use std::collections::HashSet;

use super::visible::always;
use crate::event::{Event, EventKind};
use crate::map::{ObjectMap, ObjectSet};
use crate::names::function;
use crate::object::ObjectId;
use crate::violation::Violation;

const USBD_STATUS_SUCCESS: u32 = 0;

/// A data transfer: one IRP with the URBs it carried.
#[derive(Clone, Debug, Default)]
pub struct Transfer {
    /// The function of its first URB.
    pub function: u16,
    /// The endpoint address of its first URB.
    pub endpoint: u8,
    /// Bytes moved by all its URBs.
    pub bytes: u64,
    /// It finished, and nothing about it was unusual.
    pub ordinary: bool,
    unusual: bool,
}

impl Transfer {
    /// What a reader calls it.
    pub const fn what(&self) -> &'static str {
        match self.function {
            function::ISOCH_TRANSFER | function::ISOCH_TRANSFER_USING_CHAINED_MDL => "isochronous transfer",
            _ => "bulk transfer",
        }
    }
}

/// The data transfers of a trace by IRP.
pub fn transfers(events: &[Event]) -> ObjectMap<Transfer> {
    let mut all: ObjectMap<Transfer> = ObjectMap::default();
    for event in events {
        match &event.kind {
            EventKind::UrbSubmitted(sent) if is_data(sent.function) => {
                all.entry(sent.irp).or_insert_with(|| Transfer {
                    function: sent.function,
                    endpoint: sent.endpoint,
                    ..Transfer::default()
                });
            }
            EventKind::UrbCompleted(done) => {
                if let Some(transfer) = all.get_mut(&done.irp) {
                    transfer.bytes = transfer.bytes.saturating_add(done.length.into());
                    transfer.unusual |= done.usbd_status != USBD_STATUS_SUCCESS;
                }
            }
            EventKind::IrpCancelRequested(cancel) => {
                if let Some(transfer) = all.get_mut(&cancel.irp) {
                    transfer.unusual = true;
                }
            }
            EventKind::IrpFinished(done) => {
                if let Some(transfer) = all.get_mut(&done.irp) {
                    transfer.ordinary = done.status.is_success() && !transfer.unusual;
                }
            }
            _ => {}
        }
    }
    all
}

/// The IRPs to fold: ordinary transfers after the first of their kind in steps of the script that say the same.
pub fn folded(
    events: &[Event],
    owners: &[ObjectId],
    transfers: &ObjectMap<Transfer>,
    violations: &[Violation],
) -> ObjectSet {
    let mut step = "";
    let mut shown: HashSet<(&str, u16, u8)> = HashSet::new();
    let mut first: ObjectSet = ObjectSet::default();
    let mut fold = ObjectSet::default();
    for event in events {
        match &event.kind {
            EventKind::Step(next) => step = &next.text,
            EventKind::UrbSubmitted(sent) => {
                let Some(transfer) = transfers.get(&sent.irp).filter(|transfer| transfer.ordinary) else {
                    continue;
                };
                if shown.insert((step, transfer.function, transfer.endpoint)) {
                    first.insert(sent.irp);
                } else if !first.contains(&sent.irp) {
                    fold.insert(sent.irp);
                }
            }
            _ => {}
        }
    }
    for violation in violations {
        for object in &violation.objects {
            fold.remove(object);
        }
    }
    let seqs: Vec<u64> = violations.iter().flat_map(|violation| violation.seqs.iter().copied()).collect();
    for (event, owner) in events.iter().zip(owners) {
        if seqs.contains(&event.seq) {
            fold.remove(owner);
        }
    }
    fold
}

/// Whether an event of a folded IRP disappears.
pub const fn disappears(kind: &EventKind) -> bool {
    !always(kind)
}

const fn is_data(code: u16) -> bool {
    matches!(
        code,
        function::BULK_OR_INTERRUPT_TRANSFER
            | function::BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL
            | function::ISOCH_TRANSFER
            | function::ISOCH_TRANSFER_USING_CHAINED_MDL
    )
}
