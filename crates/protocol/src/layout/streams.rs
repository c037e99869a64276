//! Bulk streams.

use super::field::layout;

layout! {
    /// Input of `OPEN_STREAMS`.
    StreamsOpen: 8 {
        /// A bulk pipe's handle, or its endpoint address.
        target: u32,
        /// How many streams are wanted; at most `max_streams` of the pipe.
        count: u32,
    }
}

layout! {
    /// One stream in the reply of `OPEN_STREAMS`, which starts with `Count`. The first is stream 1.
    StreamHandle: 4 {
        /// The target of the stream's transfers.
        handle: u32,
    }
}
