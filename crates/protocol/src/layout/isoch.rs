//! Isochronous transfers.

use super::field::{constants, layout};

constants! {
    /// Bits of [`IsochTransfer::flags`].
    isoch_flag: u32 {
        /// Start as soon as possible: `start_frame` is ignored.
        ///
        /// The first transfer on a pipe begins in the next frame that
        /// the host controller can reach; each further one in the frame after the last that was submitted. Keep two or
        /// more in flight, of a few milliseconds each: a transfer that is submitted after the frames of the one before
        /// have passed has lost its packets (`USBD_STATUS_ISO_NOT_ACCESSED_LATE`). After 1024 frames without a transfer
        /// the pipe begins anew.
        AS_SOON_AS_POSSIBLE = 1,
    }
}

layout! {
    /// Input of `ISOCH_READ` and `ISOCH_WRITE`, followed by `packet_count` of `IsochPacket`.
    ///
    /// The second buffer holds `data_length` bytes of data; then, at the next multiple of 8, `IsochResult` and `packet_count` of
    /// `IsochPacketResult`, which the driver writes when the transfer has ended.
    IsochTransfer: 24 {
        /// A pipe's handle, or an endpoint address.
        target: u32,
        /// Bits of `isoch_flag`; others must be zero.
        flags: u32,
        /// The frame in which the first packet goes, unless it starts as soon as possible.
        start_frame: u32,
        /// How many packets; at high speed and above a multiple of 8 divided by the period in microframes.
        packet_count: u32,
        /// Bytes of data in the second buffer.
        data_length: u32,
        /// Must be zero.
        reserved: u32,
    }
}

layout! {
    /// One packet of an isochronous transfer.
    IsochPacket: 8 {
        /// Bytes from the start of the data; packets do not overlap and come in order.
        offset: u32,
        /// Bytes: to send, or at most to receive. A packet reaches to the next one's offset, the last one to the end
        /// of the data.
        length: u32,
    }
}

layout! {
    /// How an isochronous transfer ended.
    IsochResult: 16 {
        /// The frame in which the first packet went.
        start_frame: u32,
        /// Packets with an error.
        error_count: u32,
        /// How many `IsochPacketResult` follow.
        packet_count: u32,
        /// Zero.
        reserved: u32,
    }
}

layout! {
    /// How one packet ended.
    IsochPacketResult: 8 {
        /// Bytes that moved.
        length: u32,
        /// The `USBD_STATUS` of the packet; zero is success.
        status: u32,
    }
}
