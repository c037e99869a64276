//! What a driver sends to its device must stay as it is while the stack has it.
//!
//! A real controller reads the buffer at a moment of its own: half of the change may go out, or none. The buffer is copied
//! when the URB is submitted and compared when it comes back. See *Invariant MDL Checking* of Driver Verifier.

use nt_trace::event::DataChanged;

use super::{
    buffer::Buffer,
    transfer::{Job, Transfer},
};
use crate::kernel::{Kernel, io::first_difference};

impl Kernel {
    /// What is to go to the device; nothing for a transfer to the host.
    pub(super) fn usb_data_sent(&self, job: &Job) -> Vec<u8> {
        if job.is_in { Vec::new() } else { self.usb_content(&job.buffer).unwrap_or_default() }
    }

    /// Tells whether the data of a transfer that ends were changed.
    pub(super) fn usb_check_data(&mut self, transfer: &Transfer) {
        if transfer.data.is_empty() {
            return;
        }
        // A buffer that was freed is another rule's.
        let Some(now) = self.usb_content(&transfer.job.buffer) else { return };
        if let Some(offset) = first_difference(&transfer.data, &now) {
            let irp = self.object(transfer.irp);
            self.emit(DataChanged { irp, offset, below: true });
        }
    }

    /// The bytes of a buffer, if all of it is there.
    fn usb_content(&self, buffer: &Buffer) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(buffer.length()).ok()?);
        for (start, length) in buffer.runs() {
            bytes.extend_from_slice(self.mem.bytes(start, length).ok()?);
        }
        Some(bytes)
    }
}
