//! `NDIS`: miniport drivers, their adapters and the files that they read.

use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::{NtStatus, Text};

payloads! {
    /// `NdisMRegisterMiniportDriver`
    MiniportRegistered {
        /// The registration, `NONE` when it failed.
        miniport: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// `NdisMDeregisterMiniportDriver`
    MiniportDeregistered {
        /// The registration.
        miniport: ObjectId,
    }
    /// `NdisMSetMiniportAttributes`
    MiniportAttributesSet {
        /// The adapter.
        adapter: ObjectId,
        /// Which: `registration`, `general`, or another kind.
        attributes: Text,
        /// The result.
        status: NtStatus,
    }
    /// `NdisOpenFile`
    NdisFileOpened {
        /// The file, `NONE` when it failed.
        file: ObjectId,
        /// The name passed.
        name: Text,
        /// The length of the file in bytes.
        length: u32,
        /// The result.
        status: NtStatus,
    }
    /// `NdisMapFile`
    NdisFileMapped {
        /// The file, closed ones included; `NONE` for a handle that no file ever had.
        file: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// `NdisUnmapFile`
    NdisFileUnmapped {
        /// The file, closed ones included; `NONE` for a handle that no file ever had.
        file: ObjectId,
    }
    /// `NdisCloseFile`
    NdisFileClosed {
        /// The file, closed ones included; `NONE` for a handle that no file ever had.
        file: ObjectId,
    }
}
