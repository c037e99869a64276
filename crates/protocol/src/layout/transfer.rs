//! Bulk, interrupt and stream transfers.

use super::field::layout;

/// The smallest value of a target that is a handle. What is below is an endpoint address, and zero is the default
/// pipe.
pub const FIRST_HANDLE: u32 = 0x100;

layout! {
    /// Input of `PIPE_READ` and `PIPE_WRITE`.
    PipeTransfer: 16 {
        /// A pipe's or a stream's handle; or an endpoint address (`bEndpointAddress`: number in bits 0 to 3, bit 7 set
        /// for IN), which means the pipe that the endpoint has now.
        target: u32,
        /// No flag is defined yet: must be zero.
        flags: u32,
        /// Milliseconds until the transfer is given up; zero: as the pipe's policy says.
        timeout_ms: u32,
        /// Must be zero.
        reserved: u32,
    }
}

impl PipeTransfer {
    /// A transfer on a pipe, by handle or endpoint address, with the pipe's own timeout.
    #[must_use]
    pub const fn new(target: u32) -> Self {
        Self { target, flags: 0, timeout_ms: 0, reserved: 0 }
    }
}
