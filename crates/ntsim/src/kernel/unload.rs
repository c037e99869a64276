//! What may still call into the driver's image when it unloads.

use nt_trace::{ObjectId, ObjectKind, event::PendingAtUnload};

use super::Kernel;

impl Kernel {
    /// Tells what the driver should have stopped before it let itself be unloaded.
    ///
    /// Page: `debugger/bug-check-0xce--driver-unloaded-without-cancelling-pending-operations`.
    pub fn check_pending_at_unload(&mut self) {
        let mut pending: Vec<(ObjectId, &str)> = Vec::new();
        for timer in self.set_timers() {
            pending.push((self.name_of(timer, ObjectKind::Timer), "is set"));
        }
        for dpc in self.queued_dpcs() {
            pending.push((self.name_of(dpc, ObjectKind::Dpc), "is queued"));
        }
        for item in self.io.work_items.values().filter(|item| item.queued) {
            pending.push((item.id, "is queued"));
        }
        for list in self.lookaside_lists() {
            pending.push((self.name_of(list, ObjectKind::Pool), "is a lookaside list and was not deleted"));
        }
        pending.extend(self.running_threads().into_iter().map(|thread| (thread, "runs")));
        for (object, what) in pending {
            self.emit_at(None, PendingAtUnload { object, what: what.into() });
        }
    }
}
