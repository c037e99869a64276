//! IRPs in queues of the driver's: lists that they are linked into by `Tail.Overlay.ListEntry`.

use nt_trace::event::IrpQueued;

use crate::{
    abi::{IRP, LIST_ENTRY},
    kernel::Kernel,
    mem::Addr,
};

/// Where the link lies in an IRP.
const LINK: u64 =
    (std::mem::offset_of!(IRP, Tail) + std::mem::offset_of!(crate::abi::IRP_TAIL_OVERLAY, ListEntry)) as u64;

impl Kernel {
    /// A driver's inline code has changed an IRP's link. Tells of it when the IRP is in a list now, once for each
    /// time that a driver gets the IRP: later changes are its neighbours'.
    pub(in crate::kernel) fn tell_queued(&mut self, irp: Addr) {
        let linked = self.mem.read::<LIST_ENTRY>(irp.add(LINK)).is_ok_and(|link| {
            let back = self.mem.read::<LIST_ENTRY>(link.Flink).map(|next| next.Blink);
            link.Flink != irp.add(LINK) && back.is_ok_and(|back| back == irp.add(LINK))
        });
        if linked {
            self.queued(irp, false);
        }
    }

    /// A routine links `entry` into a list, which may be an IRP's.
    pub(in crate::kernel) fn tell_queued_by_routine(&mut self, entry: Addr) {
        let irp = entry.sub(LINK);
        if self.io.irps.contains_key(&irp) {
            self.sync_irp(irp);
            self.queued(irp, true);
        }
    }

    fn queued(&mut self, irp: Addr, interlocked: bool) {
        let Some(record) = self.io.irps.get_mut(&irp) else { return };
        if !std::mem::replace(&mut record.queued, true) {
            let irp = record.id;
            self.emit(IrpQueued { irp, interlocked });
        }
    }
}
