//! Continuous reading: reads that are outstanding all the time, into a ring.
//!
//! Whether a read is sent is one decision, made anew whenever something changed ([`Flow::may_submit`]). A reader that
//! drops nothing asks the device only for what the ring surely has room for, so a full ring makes the device wait.
//!
//! | what happens | what becomes of the reader |
//! |---|---|
//! | the device is suspended, or the system sleeps | its reads are called back; the ring keeps its data; in D0 it goes on |
//! | STOP and START | the same, with the pipe that its endpoint has then; without one that suits it is over |
//! | a halt, with `AUTO_CLEAR_STALL` | the pipe is reset, and it goes on |
//! | a halt without, or another error | it fails: what the ring holds is given out, then the error, until `RESET_PIPE` |
//! | `SELECT_INTERFACE`, `SELECT_CONFIGURATION` | it is over, and what waits for it ends cancelled |
//! | `ABORT_PIPE`, `STOP_READER`, the file is closed | the same |

use usbclient_protocol::{
    ReaderStart, ReaderState, TransferType, reader_flag, reader_phase,
    status::{
        NtStatus, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_INVALID_BUFFER_SIZE,
        STATUS_INVALID_PARAMETER, Status,
    },
};

use crate::{
    descriptors::Endpoint,
    request::{Direction, Limits, find, input_is},
    ring::HEADER,
};

/// What a reader is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Bytes of one read.
    pub transfer_length: u32,
    /// How many reads are outstanding.
    pub transfer_count: u32,
    /// Bytes of data that the ring has room for, if reads come full.
    pub ring_length: u32,
    /// A full ring drops its oldest data.
    pub drops_oldest: bool,
}

impl Reading {
    /// The most bytes of one read.
    pub const MAX_TRANSFER: u32 = 1 << 20;
    /// The most reads at a time.
    pub const MAX_COUNT: u32 = 64;
    /// The most bytes of a ring.
    pub const MAX_RING: u32 = 16 << 20;

    /// Bytes that the ring's storage needs.
    #[must_use]
    pub const fn storage(self) -> usize {
        let records =
            self.ring_length.div_ceil(if self.transfer_length == 0 { 1 } else { self.transfer_length });
        // At most 16 MiB, and a header for each byte.
        (self.ring_length as usize).saturating_add((records as usize).saturating_mul(HEADER))
    }

    /// Whether a pipe that was selected anew serves this reader as the one before did. `limit`: bytes that go to the bus
    /// as one transfer.
    #[must_use]
    pub const fn fits(self, endpoint: Endpoint, limit: u32) -> bool {
        let is_whole = matches!(self.transfer_length.checked_rem(endpoint.packet_size() as u32), Some(0));
        has_data_for_reader(endpoint) && is_whole && self.transfer_length <= limit
    }

    /// Bytes of the storage that one read needs at most.
    #[must_use]
    pub const fn record(self) -> usize {
        (self.transfer_length as usize).saturating_add(HEADER)
    }
}

/// Whether an endpoint can be read continuously.
const fn has_data_for_reader(endpoint: Endpoint) -> bool {
    let is_in = matches!(endpoint.direction(), Direction::In);
    is_in && matches!(endpoint.transfer_type(), TransferType::Bulk | TransferType::Interrupt)
}

/// Decodes `START_READER`.
///
/// # Errors
/// As [`request::decode`](crate::request::decode).
pub fn decode_start(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
) -> Result<(Endpoint, Reading), Status> {
    input_is(input, ReaderStart::SIZE)?;
    let header = ReaderStart::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if output_length != 0 {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    let endpoint = find(limits, header.target)?;
    let ReaderStart { transfer_length, transfer_count, ring_length, flags, reserved, .. } = header;
    let is_whole = transfer_length.checked_rem(u32::from(endpoint.packet_size())) == Some(0);
    let fits = (1..=Reading::MAX_TRANSFER).contains(&transfer_length)
        && (1..=Reading::MAX_COUNT).contains(&transfer_count)
        && (transfer_length..=Reading::MAX_RING).contains(&ring_length);
    if !has_data_for_reader(endpoint)
        || !is_whole
        || !fits
        || flags & !reader_flag::DROP_OLDEST != 0
        || reserved != 0
    {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let drops_oldest = flags & reader_flag::DROP_OLDEST != 0;
    Ok((endpoint, Reading { transfer_length, transfer_count, ring_length, drops_oldest }))
}

/// How a reader goes.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact")]
pub struct Flow {
    reading: Reading,
    outstanding: u32,
    is_stopping: bool,
    is_full: bool,
    failure: Option<NtStatus>,
    /// The halt that it failed with is being cleared.
    is_clearing: bool,
    /// Data came since a halt was cleared last.
    may_clear: bool,
    received: u64,
    dropped: u64,
    overflows: u32,
    errors: u32,
    last_error: Option<NtStatus>,
}

/// A read that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// How it ended.
    pub status: NtStatus,
    /// Bytes that came.
    pub moved: u32,
    /// This driver cancelled it.
    pub was_cancelled: bool,
    /// It met a halt, and the pipe's policy is `AUTO_CLEAR_STALL`.
    pub meets_halt: bool,
}

/// What becomes of a read that came back.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// Its data go to the ring.
    Data {
        /// A short packet ended it.
        ends_short: bool,
    },
    /// It has none.
    Nothing,
}

/// How many reads are sent one after another.
///
/// Above a USB stack that completes them at once there would be no end as long as the device has data. Whoever sends goes
/// on in the device's work item, so that others get their turn.
#[derive(Debug)]
pub struct Pass {
    left: u32,
}

impl Pass {
    /// Reads of one pass: as many as a reader has at most, so one that was full is filled in one pass.
    pub const READS: u32 = Reading::MAX_COUNT;

    /// A new pass.
    #[must_use]
    pub const fn new() -> Self {
        Self { left: Self::READS }
    }

    /// Whether one more read may be sent.
    #[must_use]
    pub const fn goes_on(&mut self) -> bool {
        let goes_on = self.left != 0;
        self.left = self.left.saturating_sub(1);
        goes_on
    }
}

impl Default for Pass {
    fn default() -> Self {
        Self::new()
    }
}

impl Flow {
    /// A reader that has sent nothing.
    #[must_use]
    pub const fn new(reading: Reading) -> Self {
        Self {
            reading,
            outstanding: 0,
            is_stopping: false,
            is_full: false,
            failure: None,
            is_clearing: false,
            may_clear: true,
            received: 0,
            dropped: 0,
            overflows: 0,
            errors: 0,
            last_error: None,
        }
    }

    /// What it was started with.
    #[must_use]
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// Whether one more read may be sent. `free`: bytes of the ring's storage. `admits`: the device takes requests now.
    pub const fn may_submit(&mut self, free: usize, admits: bool) -> bool {
        let is_wanted = !self.is_stopping
            && self.failure.is_none()
            && admits
            && self.outstanding < self.reading.transfer_count;
        if !is_wanted {
            return false;
        }
        let reserved = self.reading.record().saturating_mul(self.outstanding.saturating_add(1) as usize);
        let has_room = self.reading.drops_oldest || free >= reserved;
        // Full: not even one read may be outstanding.
        let is_full = !has_room && self.outstanding == 0;
        if is_full && !self.is_full {
            self.overflows = self.overflows.saturating_add(1);
        }
        self.is_full = is_full;
        has_room
    }

    /// A read is on its way.
    pub const fn submitted(&mut self) {
        self.outstanding = self.outstanding.saturating_add(1);
    }

    /// A read came back. `admits`: the device takes requests now.
    ///
    /// A halt is cleared ([`Self::is_clearing`]) once: if it comes again before any data, the reader fails with it.
    pub fn returned(&mut self, back: Back, admits: bool) -> Returned {
        let Back { status, moved, was_cancelled, meets_halt } = back;
        self.outstanding = self.outstanding.saturating_sub(1);
        // What comes back after a failure was aborted because of it, or met the same halt.
        let is_ours = was_cancelled || self.is_stopping || self.failure.is_some() || !admits;
        let is_expected = status == STATUS_CANCELLED.nt() && is_ours;
        let is_failure = !status.is_success() && !is_expected;
        let is_first = is_failure && self.failure.is_none();
        if is_first {
            self.errors = self.errors.saturating_add(1);
            self.last_error = Some(status);
            self.failure = Some(status);
        }
        if status.is_success() {
            self.may_clear = true;
        }
        if is_first && meets_halt && self.may_clear && !self.is_stopping {
            (self.is_clearing, self.may_clear) = (true, false);
        }
        if status.is_success() || moved != 0 {
            self.received = self.received.saturating_add(moved.into());
            return Returned::Data { ends_short: moved < self.reading.transfer_length };
        }
        Returned::Nothing
    }

    /// The ring had no room, and this many bytes were dropped.
    pub const fn dropped(&mut self, bytes: u32) {
        self.dropped = self.dropped.saturating_add(bytes as u64);
    }

    /// The ring of a reader that drops what is old was full.
    pub const fn overflowed(&mut self) {
        self.overflows = self.overflows.saturating_add(1);
    }

    /// No more reads. What is outstanding comes back.
    pub const fn stop(&mut self) {
        self.is_stopping = true;
    }

    /// Whether it was stopped.
    #[must_use]
    pub const fn is_stopping(&self) -> bool {
        self.is_stopping
    }

    /// Whether it was stopped and nothing is outstanding.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_stopping && self.outstanding == 0
    }

    /// Why nothing more comes. `None`: it goes on, if only after its pipe was reset.
    #[must_use]
    pub const fn failure(&self) -> Option<NtStatus> {
        if self.is_clearing { None } else { self.failure }
    }

    /// Whether it waits for its pipe to be reset, which whoever learns it first asks for: then [`Self::recovered`].
    #[must_use]
    pub const fn is_clearing(&self) -> bool {
        self.is_clearing
    }

    /// The halt that it failed with was cleared, or the pipe was selected anew: it goes on.
    pub const fn recovered(&mut self) {
        self.failure = None;
        // Who clears it from outside starts anew.
        self.may_clear |= !self.is_clearing;
        self.is_clearing = false;
    }

    /// What `GET_READER_STATE` tells. `waiting`: bytes in the ring.
    #[must_use]
    pub fn state(&self, waiting: u32) -> ReaderState {
        let phase = if self.failure().is_some() {
            reader_phase::FAILED
        } else if self.outstanding == 0 {
            reader_phase::PAUSED
        } else {
            reader_phase::RUNNING
        };
        ReaderState {
            phase,
            waiting,
            received: self.received,
            dropped: self.dropped,
            overflows: self.overflows,
            errors: self.errors,
            last_error: self.last_error.map_or(0, |status| status.raw().cast_unsigned()),
            reserved: 0,
        }
    }
}
