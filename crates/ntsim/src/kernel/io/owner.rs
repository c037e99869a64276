//! Who has an IRP: what the driver gave away it cannot touch before it comes back.
//!
//! After `IoCallDriver` a driver must not touch an IRP before its completion routine is called; after
//! `IoCompleteRequest`, and after a completion routine that let the IRP go on, never. The memory is taken from the
//! driver's view meanwhile. Routines of the kernel (`IoCancelIrp`) reach it all the same. See
//! *kernel/passing-irps-down-the-driver-stack* and *kernel/using-io-completion-routines*.

use nt_trace::ObjectKind;

use crate::{
    kernel::Kernel,
    mem::{Addr, Mode},
};

impl Kernel {
    /// The driver no longer has the IRP.
    pub(in crate::kernel) fn irp_given_away(&mut self, irp: Addr) {
        self.set_given_away(irp, true);
    }

    /// The driver has the IRP, perhaps again. No IRP: nothing.
    pub(in crate::kernel) fn irp_came_back(&mut self, irp: Addr) {
        if self.io.irps.get(&irp).is_some_and(|record| record.given_away) {
            self.set_given_away(irp, false);
        }
    }

    fn set_given_away(&mut self, irp: Addr, away: bool) {
        // One that lies in other memory of the driver's cannot be taken away by itself.
        let own = |object: &crate::mem::Object| object.id.kind == ObjectKind::Irp && object.start == irp;
        if self.mem.mode() != Mode::Guarded || !self.mem.object_at(irp).is_some_and(own) {
            return;
        }
        let Some(record) = self.io.irps.get_mut(&irp) else { return };
        record.given_away = away;
        self.mem.set_revoked(irp, away);
    }
}
