//! Handles, and what a file may do.

use super::field::{constants, layout};

constants! {
    /// Bits of [`DropPrivileges::operations`]: what the file may go on doing.
    operation: u32 {
        /// Reads: bulk, interrupt, isochronous, streams, and reading continuously.
        READ = 1,
        /// Writes: bulk, interrupt, isochronous, streams.
        WRITE = 2,
        /// Control transfers, and descriptors that are asked from the device.
        CONTROL = 4,
        /// Aborting, resetting and flushing pipes, and their policies.
        PIPES = 8,
        /// Claiming interfaces, and opening their pipes.
        CLAIM = 0x10,
        /// Selecting alternate settings and configurations, opening and closing streams.
        CONFIGURE = 0x20,
        /// Resetting and cycling the port.
        RESET = 0x40,
        /// The device's own policies.
        POWER = 0x80,
        /// Everything.
        ALL = 0xFF,
    }
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
