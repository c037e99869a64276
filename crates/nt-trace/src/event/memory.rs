//! How the driver touches memory: a caller's, pageable memory, data that must stay as it is.

use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::Text;

payloads! {
    /// The driver touched a buffer in user mode's memory. Told for each access, the first one as well.
    UserRead {
        /// The request that brought the buffer, `NONE` if unknown.
        irp: ObjectId,
        /// Which buffer, counted from 1 in a life; 0 when one cannot tell.
        buffer: u32,
        /// Bytes from the buffer's start.
        offset: u64,
        /// Bytes touched.
        length: u32,
        /// A write; otherwise a read.
        write: bool,
    }
    /// The driver touched what may be paged out: paged pool or a pageable section of its image. Told above
    /// `APC_LEVEL`, and while a power request is handled; the event's own `IRQL` says at which.
    PagedTouched {
        /// The pool block, `NONE` for a section.
        object: ObjectId,
        /// The section's name, for instance `PAGE`; empty for pool.
        section: Text,
        /// Bytes from the block's or the section's start.
        offset: u64,
        /// A write; otherwise a read, or an instruction fetch if `execute`.
        write: bool,
        /// An instruction fetch.
        execute: bool,
    }
    /// The data of a buffer that must not change did change, see *Invariant MDL checking*.
    DataChanged {
        /// The request whose buffer it is.
        irp: ObjectId,
        /// Bytes from the buffer's start to the first that is different.
        offset: u64,
        /// Changed while the drivers below had the request; otherwise by the driver before it sent the request
        /// down.
        below: bool,
    }
}
