//! The lines in which power IRPs of a stack wait for their turn.

use std::collections::VecDeque;

use super::deliver::Parcel;
use crate::{kernel::Kernel, mem::Addr};

/// The lines of one stack. The page of `IRP_MN_SET_POWER`: the system allows one such IRP to be active for each
/// device object at any given time.
#[derive(Debug, Default)]
pub(super) struct Lines {
    device: Line,
    system: Line,
}

/// One line.
#[derive(Debug, Default)]
struct Line {
    active: Option<Addr>,
    waiting: VecDeque<Parcel>,
}

impl Lines {
    const fn of(&mut self, system: bool) -> &mut Line {
        if system { &mut self.system } else { &mut self.device }
    }
}

impl Kernel {
    /// A power IRP is to be sent. Gives it back if its turn is now.
    pub(super) fn power_line_up(&mut self, parcel: Parcel) -> Option<Parcel> {
        if parcel.is_wake() {
            return Some(parcel);
        }
        let line = self.power.lines.entry(parcel.pdo).or_default().of(parcel.system);
        if line.active.is_some() {
            line.waiting.push_back(parcel);
            return None;
        }
        line.active = Some(parcel.irp);
        Some(parcel)
    }

    /// A power IRP has ended. Gives the next one.
    pub(super) fn power_next(&mut self, pdo: Addr, system: bool, irp: Addr) -> Option<Parcel> {
        let line = self.power.lines.get_mut(&pdo)?.of(system);
        if line.active != Some(irp) {
            return None;
        }
        let next = line.waiting.pop_front();
        line.active = next.as_ref().map(|parcel| parcel.irp);
        next
    }
}
