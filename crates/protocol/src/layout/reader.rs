//! Continuous reading.

use super::field::{constants, layout};

constants! {
    /// Bits of [`ReaderStart::flags`].
    reader_flag: u32 {
        /// A full ring drops its oldest data. Without it the driver stops asking the device until there is room, so that
        /// nothing is lost.
        DROP_OLDEST = 1,
    }
}

constants! {
    /// Values of [`ReaderState::phase`].
    reader_phase: u32 {
        /// The pipe has no reader: never, or it was stopped or aborted, its file was closed, a setting was selected.
        NONE = 0,
        /// Reads are outstanding. They do not keep the device from being suspended; a `PIPE_READ` that waits does.
        RUNNING = 1,
        /// No read is outstanding: the ring is full, the device sleeps, or a halt is being cleared by `AUTO_CLEAR_STALL`.
        /// It goes on by itself.
        PAUSED = 2,
        /// The pipe failed: see `last_error`. What the ring holds can still be read.
        FAILED = 3,
    }
}

layout! {
    /// Input of `START_READER`.
    ReaderStart: 24 {
        /// An interrupt or bulk IN pipe's handle, or its endpoint address.
        target: u32,
        /// Bytes of one read: a multiple of the packet size, at most 1 MiB and one transfer.
        transfer_length: u32,
        /// How many reads are outstanding at a time: 1 to 64.
        transfer_count: u32,
        /// Bytes that the ring holds if reads come full: at least one read's, at most 16 MiB. Each short read takes four
        /// bytes more.
        ring_length: u32,
        /// Bits of `reader_flag`; others must be zero.
        flags: u32,
        /// Must be zero.
        reserved: u32,
    }
}

layout! {
    /// Reply of `GET_READER_STATE`.
    ReaderState: 40 {
        /// One of `reader_phase`.
        phase: u32,
        /// Bytes in the ring.
        waiting: u32,
        /// Bytes that came from the device.
        received: u64,
        /// Bytes that were dropped because the ring was full.
        dropped: u64,
        /// How often the ring was full.
        overflows: u32,
        /// How often reading failed: several reads may meet one halt.
        errors: u32,
        /// NTSTATUS of the last failure; zero: none.
        last_error: u32,
        /// Zero.
        reserved: u32,
    }
}
