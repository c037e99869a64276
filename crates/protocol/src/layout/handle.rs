//! Handles, and what a file may do.

use super::field::layout;

/// Bits of [`DropPrivileges::operations`]: what the file may go on doing.
pub mod operation {
    /// Reads: bulk, interrupt, isochronous, streams, and reading continuously.
    pub const READ: u32 = 1;
    /// Writes: bulk, interrupt, isochronous, streams.
    pub const WRITE: u32 = 2;
    /// Control transfers.
    pub const CONTROL: u32 = 4;
    /// Aborting, resetting and flushing pipes, and their policies.
    pub const PIPES: u32 = 8;
    /// Claiming interfaces.
    pub const CLAIM: u32 = 0x10;
    /// Selecting alternate settings and configurations, opening and closing streams.
    pub const CONFIGURE: u32 = 0x20;
    /// Resetting and cycling the port.
    pub const RESET: u32 = 0x40;
    /// The device's own policies.
    pub const POWER: u32 = 0x80;
    /// Everything.
    pub const ALL: u32 = 0xFF;
}

layout! {
    /// Input of `CLAIM_INTERFACE`.
    InterfaceSelect: 4 {
        /// `bInterfaceNumber`
        number: u8,
        /// Must be zero.
        reserved: [u8; 3],
    }
}

layout! {
    /// Input of `OPEN_PIPE`.
    PipeOpen: 8 {
        /// The handle of an interface that this file has claimed.
        interface: u32,
        /// `bEndpointAddress`
        endpoint: u8,
        /// Must be zero.
        reserved: [u8; 3],
    }
}

layout! {
    /// Reply of `CLAIM_INTERFACE` and `OPEN_PIPE`.
    HandleReply: 4 {
        /// The handle, for this file only.
        handle: u32,
    }
}

layout! {
    /// Input of `CLOSE_HANDLE`.
    HandleSelect: 4 {
        /// The handle.
        handle: u32,
    }
}

layout! {
    /// Input of `DROP_PRIVILEGES`: what this file may do from now on, and never more.
    DropPrivileges: 40 {
        /// Bits of `operation`.
        operations: u32,
        /// Must be zero.
        reserved: u32,
        /// A bit for each interface that the file may use: bit N % 8 of byte N / 8 is interface N.
        interfaces: [u8; 32],
    }
}
