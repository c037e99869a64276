//! Policies of pipes and of the device.

use super::field::{constants, layout};

constants! {
    /// What can be set. The numbers are those of WinUSB's policies.
    ///
    /// Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/winusb-functions-for-pipe-policy-modification>
    policy: u32 {
        /// OUT: a write that is a multiple of the packet size ends with a zero-length packet. 0 or 1; 0 at first.
        SHORT_PACKET_TERMINATE = 1,
        /// A halted pipe is reset before the request that met the halt is completed. 0 or 1; 0 at first.
        AUTO_CLEAR_STALL = 2,
        /// Milliseconds until a request that names no timeout is given up; 0: never. 0 at first, 5000 for the default pipe.
        PIPE_TRANSFER_TIMEOUT = 3,
        /// IN: a short packet does not end a read; it goes on until the buffer is full or, without
        /// [`ALLOW_PARTIAL_READS`], has no room for a whole packet. 0 or 1; 0 at first.
        IGNORE_SHORT_PACKETS = 4,
        /// IN: reads need not be a multiple of the packet size.
        ///
        /// What does not fit is kept for the next read, or dropped:
        /// see [`AUTO_FLUSH`]. What is left over of a short packet ends the read that gets it, as the packet would. Not
        /// for streams. 0 or 1; 0 at first.
        ALLOW_PARTIAL_READS = 5,
        /// IN: with [`ALLOW_PARTIAL_READS`], what does not fit is dropped. 0 or 1; 0 at first.
        AUTO_FLUSH = 6,
        /// IN: requests are neither split nor copied: each must be a multiple of the packet size and no longer than
        /// [`MAXIMUM_TRANSFER_SIZE`]. 0 or 1; 0 at first.
        RAW_IO = 7,
        /// Bytes that go to the bus as one transfer. Cannot be set.
        MAXIMUM_TRANSFER_SIZE = 8,
        /// The pipe is reset when the device comes back to full power. 0 or 1; 0 at first.
        RESET_PIPE_ON_RESUME = 9,
        /// The device (target 0) is suspended when it is idle. 0 or 1; the INF says what at first.
        AUTO_SUSPEND = 0x81,
        /// Milliseconds without a request until the device (target 0) is suspended.
        SUSPEND_DELAY = 0x83,
    }
}

layout! {
    /// Input of `GET_POLICY`.
    PolicyGet: 8 {
        /// A pipe's handle or endpoint address; zero: the default pipe and the device.
        target: u32,
        /// One of `policy`.
        policy: u32,
    }
}

layout! {
    /// Input of `SET_POLICY`.
    PolicySet: 12 {
        /// A pipe's handle or endpoint address; zero: the default pipe and the device.
        target: u32,
        /// One of `policy`.
        policy: u32,
        /// What is set.
        value: u32,
    }
}

layout! {
    /// Reply of `GET_POLICY`.
    PolicyValue: 4 {
        /// What is set.
        value: u32,
    }
}
