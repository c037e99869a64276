//! An open file in the simulated kernel.

use std::sync::Arc;

use ntsim::kernel::io::user::Handle;

use super::commands::{Command, Commands};
use crate::transport::{Channel, Parcel, Slot};

/// A handle of a process of its own.
#[derive(Debug)]
pub(super) struct SimChannel {
    pub(super) commands: Arc<Commands>,
    pub(super) file: Handle,
}

impl Channel for SimChannel {
    fn start(&self, slot: &Arc<Slot>, parcel: Parcel) {
        slot.begin(0);
        self.commands.send(Command::Start { file: self.file, slot: Arc::clone(slot), parcel });
    }

    fn cancel(&self, slot: &Arc<Slot>) {
        slot.while_in_flight(|_| self.commands.send(Command::Cancel(Arc::as_ptr(slot).addr())));
    }
}

impl Drop for SimChannel {
    fn drop(&mut self) {
        self.commands.send(Command::Close(self.file));
    }
}
