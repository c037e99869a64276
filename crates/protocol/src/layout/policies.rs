//! Policies of pipes and of the device.

use super::field::layout;

/// What can be set. The numbers are those of WinUSB's policies.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/winusb-functions-for-pipe-policy-modification>
pub mod policy {
    /// OUT: a write that is a multiple of the packet size ends with a zero-length packet. 0 or 1; 0 at first.
    pub const SHORT_PACKET_TERMINATE: u32 = 1;
    /// A halted pipe is reset before the request that met the halt is completed. 0 or 1; 0 at first.
    pub const AUTO_CLEAR_STALL: u32 = 2;
    /// Milliseconds until a request that names no timeout is given up; 0: never. 0 at first, 5000 for the default pipe.
    pub const PIPE_TRANSFER_TIMEOUT: u32 = 3;
    /// IN: a short packet does not end a read; it goes on until the buffer is full. 0 or 1; 0 at first.
    pub const IGNORE_SHORT_PACKETS: u32 = 4;
    /// IN: reads need not be a multiple of the packet size. What does not fit is kept for the next read, or dropped:
    /// see [`AUTO_FLUSH`]. 0 or 1; 0 at first.
    pub const ALLOW_PARTIAL_READS: u32 = 5;
    /// IN: with [`ALLOW_PARTIAL_READS`], what does not fit is dropped. 0 or 1; 0 at first.
    pub const AUTO_FLUSH: u32 = 6;
    /// IN: requests are neither split nor copied: each must be a multiple of the packet size and no longer than
    /// [`MAXIMUM_TRANSFER_SIZE`]. 0 or 1; 0 at first.
    pub const RAW_IO: u32 = 7;
    /// Bytes that go to the bus as one transfer. Cannot be set.
    pub const MAXIMUM_TRANSFER_SIZE: u32 = 8;
    /// The pipe is reset when the device comes back to full power. 0 or 1; 0 at first.
    pub const RESET_PIPE_ON_RESUME: u32 = 9;
    /// The device (target 0) is suspended when it is idle. 0 or 1; the INF says what at first.
    pub const AUTO_SUSPEND: u32 = 0x81;
    /// Milliseconds without a request until the device (target 0) is suspended.
    pub const SUSPEND_DELAY: u32 = 0x83;
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
