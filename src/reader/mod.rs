//! Continuous reading: IRPs of this driver's own that are outstanding on a pipe all the time.
//!
//! ```text
//! pump    (under the lock) room in the ring? -> link -> the lower driver -> again
//! conclude -> returned (under the lock) -> the ring, in the order of sending -> deliver -> pump
//! deliver (under the lock) a PIPE_READ that waits -> takes out of the ring -> completed
//! ```
//!
//! A read is a request like any other: it lies in a slot, is linked, is cancelled, and counts as a use of the handle.
//! Its memory, its IRP and its slot are made with the reader, so nothing is allocated while it runs. One thread at a
//! time sends, so that the reads are on the bus in the order of their numbers.
//!
//! | module | what it does |
//! |---|---|
//! | `start` | makes a reader, and gives it the pipe of a device that was started again |
//! | `pump` | sends reads and takes them back |
//! | `end` | stops readers, and frees them |
//! | `reads`, `chain` | a read, and the lists that it goes through |

mod chain;
mod end;
mod pump;
mod reads;
mod start;

use alloc::{boxed::Box, vec::Vec};

use usbclient_core::{
    descriptors::Endpoint,
    reader::{Back, Flow, Returned},
    ring::{Ring, Taken},
};
use usbclient_protocol::{
    ReaderState,
    status::{NtStatus, STATUS_CANCELLED, STATUS_SUCCESS},
};

use self::{chain::Chain, chain::Link, reads::Reads};
pub use self::{
    end::{Over, keep, remove, settle, stop},
    pump::{deliver, go_on, pump, pump_all, resume, returned},
    reads::Read,
    start::{provide_slots, reinstall, start},
};
use crate::nt::{
    irp::{FileId, Irp},
    slot::End,
};

/// A continuous reader. Lies with its pipe, under the device's lock.
pub struct Reader {
    flow: Flow,
    ring: Ring<Vec<u8>>,
    /// Tells it from the one that its pipe had before.
    id: u64,
    endpoint: Endpoint,
    /// The file that started it.
    file: FileId,
    /// Reads that are not on their way.
    idle: Reads,
    /// Reads that came back before an earlier one.
    early: Reads,
    /// The number of the next read to send.
    next: u64,
    /// The number of the read whose data come next.
    expected: u64,
    /// Somebody is sending: nobody else has to.
    is_pumping: bool,
    /// Another reader, while both are without a pipe.
    link: Option<Box<Self>>,
}

/// Readers without a pipe.
pub type Readers = Chain<Reader>;

impl Link for Reader {
    fn next(&mut self) -> &mut Option<Box<Self>> {
        &mut self.link
    }
}

impl Reader {
    /// Whether this file started it.
    pub fn is_of(&self, file: FileId) -> bool {
        self.file == file
    }

    /// How many reads it has.
    pub const fn reads(&self) -> usize {
        self.flow.reading().transfer_count as usize
    }

    /// What `GET_READER_STATE` tells.
    pub fn state(&self) -> ReaderState {
        self.flow.state(self.ring.waiting())
    }

    /// Whether a read would get data at once.
    pub const fn has_data(&self) -> bool {
        !self.ring.is_empty()
    }

    /// Drops what the ring holds.
    pub const fn flush(&mut self) {
        self.ring.clear();
    }

    /// Takes data out of the ring for a request whose pages are mapped. `None`: it has to wait.
    pub fn read(&mut self, irp: &mut Irp) -> Option<(NtStatus, usize)> {
        let mut offset = 0_usize;
        let Taken { bytes, found } = self.ring.take(irp.mdl_length(), |piece| {
            // The buffer was mapped, and no more is taken than it has room for.
            let _written = irp.write_buffer(offset, piece);
            offset = offset.saturating_add(piece.len());
        });
        if found {
            return Some((STATUS_SUCCESS, bytes as usize));
        }
        if self.flow.is_stopping() {
            return Some((STATUS_CANCELLED.nt(), 0));
        }
        self.flow.failure().map(|failure| (failure, 0))
    }

    /// A read is back: its data go to the ring when every earlier read is back, too. True: the pipe is to be reset.
    fn returned(&mut self, read: Box<Read>, admits: bool) -> bool {
        let was_clearing = self.flow.is_clearing();
        self.early.push(read);
        while let Some(read) = self.early.split(|read| read.number == self.expected).pop() {
            self.expected = self.expected.wrapping_add(1);
            let End { status, information: moved } = read.end;
            let Read { was_cancelled, meets_halt, .. } = *read;
            let back = Back { status, moved, was_cancelled, meets_halt };
            if let Returned::Data { ends_short } = self.flow.returned(back, admits) {
                self.push(&read, moved, ends_short);
            }
            self.idle.push(read);
        }
        self.flow.is_clearing() && !was_clearing
    }

    fn push(&mut self, read: &Read, moved: u32, ends_short: bool) {
        let bytes = read.buffer.bytes();
        let data = bytes.get(..moved as usize).unwrap_or(bytes);
        let mut is_first = true;
        while !self.ring.push(data, ends_short) {
            let Some(dropped) = self.ring.drop_oldest() else { return };
            self.flow.dropped(dropped);
            if core::mem::take(&mut is_first) {
                self.flow.overflowed();
            }
        }
    }
}
