//! What a continuous reader has received and nobody has read yet.
//!
//! The ring keeps the ends of short packets, so that whoever reads out of it finds what reading from the device itself
//! would have given. A record is a header of four bytes, which says how long it is and whether it ends short, and its
//! data; both may run over the end of the storage to its start.

/// Bytes that the ring needs for each record beside its data.
pub const HEADER: usize = 4;

/// In a header: the record ended with a short packet.
const ENDS_SHORT: u32 = 1 << 31;

/// Records in a storage of fixed size, oldest first.
#[derive(Debug)]
pub struct Ring<S> {
    storage: S,
    /// Where the oldest record begins.
    head: usize,
    /// Bytes that are in use, headers and data.
    used: usize,
    /// Bytes of data.
    waiting: u32,
}

/// What [`Ring::take`] gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Bytes of data.
    pub bytes: u32,
    /// A record was there, if only one without data.
    pub found: bool,
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Ring<S> {
    /// An empty ring.
    pub const fn new(storage: S) -> Self {
        Self { storage, head: 0, used: 0, waiting: 0 }
    }

    /// Bytes of data in the ring.
    #[must_use]
    pub const fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Whether there is no record.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Bytes that are free, for headers and data.
    #[must_use]
    pub fn free(&self) -> usize {
        self.storage.as_ref().len().saturating_sub(self.used)
    }

    /// Adds a record. False, and nothing is added: it does not fit.
    pub fn push(&mut self, data: &[u8], ends_short: bool) -> bool {
        let Ok(length) = u32::try_from(data.len()) else { return false };
        if length >= ENDS_SHORT || data.len().saturating_add(HEADER) > self.free() {
            return false;
        }
        let header = length | if ends_short { ENDS_SHORT } else { 0 };
        let tail = self.wrap(self.head, self.used);
        self.write(tail, &header.to_le_bytes());
        self.write(self.wrap(tail, HEADER), data);
        self.used = self.used.saturating_add(HEADER).saturating_add(data.len());
        self.waiting = self.waiting.saturating_add(length);
        true
    }

    /// Drops the oldest record, and answers how many bytes of data it had. `None`: there is none.
    pub fn drop_oldest(&mut self) -> Option<u32> {
        let (length, _ends_short) = self.oldest()?;
        self.forget(HEADER.saturating_add(length as usize));
        self.waiting = self.waiting.saturating_sub(length);
        Some(length)
    }

    /// Drops everything.
    pub const fn clear(&mut self) {
        (self.head, self.used, self.waiting) = (0, 0, 0);
    }

    /// Takes up to `room` bytes out, to where a short packet ended. `sink` gets them in order, in pieces.
    pub fn take(&mut self, room: u32, mut sink: impl FnMut(&[u8])) -> Taken {
        let mut taken = Taken { bytes: 0, found: false };
        while let Some((length, ends_short)) = self.oldest() {
            let left = room.saturating_sub(taken.bytes);
            if left == 0 && taken.found {
                break;
            }
            taken.found = true;
            let count = length.min(left);
            let (first, second) = self.pieces(self.wrap(self.head, HEADER), count as usize);
            sink(first);
            if !second.is_empty() {
                sink(second);
            }
            taken.bytes = taken.bytes.saturating_add(count);
            self.waiting = self.waiting.saturating_sub(count);
            if count < length {
                self.shorten(length, count, ends_short);
                break;
            }
            self.forget(HEADER.saturating_add(count as usize));
            if ends_short {
                break;
            }
        }
        taken
    }

    /// The first bytes of the oldest record are gone: its header moves up to the others.
    fn shorten(&mut self, length: u32, count: u32, ends_short: bool) {
        let header = length.saturating_sub(count) | if ends_short { ENDS_SHORT } else { 0 };
        self.forget(count as usize);
        self.write(self.head, &header.to_le_bytes());
    }

    /// Length and end of the oldest record.
    fn oldest(&self) -> Option<(u32, bool)> {
        if self.used < HEADER {
            return None;
        }
        let mut header = [0; HEADER];
        let (first, second) = self.pieces(self.head, HEADER);
        for (to, from) in header.iter_mut().zip(first.iter().chain(second)) {
            *to = *from;
        }
        let header = u32::from_le_bytes(header);
        Some((header & !ENDS_SHORT, header & ENDS_SHORT != 0))
    }

    fn forget(&mut self, count: usize) {
        self.head = self.wrap(self.head, count);
        self.used = self.used.saturating_sub(count);
    }

    /// `count` bytes after `at`, which may be beyond the end once.
    fn wrap(&self, at: usize, count: usize) -> usize {
        let (size, at) = (self.storage.as_ref().len(), at.saturating_add(count));
        if at >= size { at.saturating_sub(size) } else { at }
    }

    fn pieces(&self, at: usize, count: usize) -> (&[u8], &[u8]) {
        let storage = self.storage.as_ref();
        let to_end = count.min(storage.len().saturating_sub(at));
        let first = storage.get(at..at.saturating_add(to_end)).unwrap_or_default();
        (first, storage.get(..count.saturating_sub(to_end)).unwrap_or_default())
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let storage = self.storage.as_mut();
        let to_end = bytes.len().min(storage.len().saturating_sub(at));
        let (first, second) = bytes.split_at_checked(to_end).unwrap_or((bytes, &[]));
        copy(storage.get_mut(at..), first);
        copy(Some(storage), second);
    }
}

/// Copies as much as there is room for.
fn copy(room: Option<&mut [u8]>, bytes: &[u8]) {
    for (to, from) in room.unwrap_or_default().iter_mut().zip(bytes) {
        *to = *from;
    }
}
