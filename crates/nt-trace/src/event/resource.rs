//! Memory, deferred work and other things that are given back.

use super::actor::PoolKind;
use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::{NtStatus, PoolTag, Text};

payloads! {
    /// A pool allocation, or an attempt at one.
    PoolAllocated {
        /// The block, `NONE` when it failed.
        block: ObjectId,
        /// Its tag.
        tag: PoolTag,
        /// Bytes asked for.
        size: u64,
        /// Which pool.
        pool: PoolKind,
    }
    /// A pool block is freed.
    PoolFreed {
        /// The block.
        block: ObjectId,
        /// The tag passed, 0 when none was.
        tag: PoolTag,
        /// Its size in bytes.
        size: u64,
        /// Which pool.
        pool: PoolKind,
    }
    /// `IoAllocateMdl`
    MdlAllocated {
        /// The list, `NONE` when it failed.
        mdl: ObjectId,
        /// Bytes described.
        length: u64,
    }
    /// `IoFreeMdl`
    MdlFreed {
        /// The list.
        mdl: ObjectId,
    }
    /// `IoAllocateWorkItem`
    WorkItemAllocated {
        /// The work item, `NONE` when it failed.
        item: ObjectId,
        /// Its device object.
        device: ObjectId,
    }
    /// `IoQueueWorkItem`
    WorkItemQueued {
        /// The work item.
        item: ObjectId,
    }
    /// `IoFreeWorkItem`
    WorkItemFreed {
        /// The work item.
        item: ObjectId,
    }
    /// `KeSetTimer` and its relatives
    TimerSet {
        /// The timer.
        timer: ObjectId,
        /// Due time in units of 100 ns as passed (negative is relative).
        due: i64,
        /// Period in milliseconds, 0 for once.
        period: u32,
    }
    /// `KeCancelTimer`
    TimerCancelled {
        /// The timer.
        timer: ObjectId,
        /// It was in the queue.
        was_set: bool,
    }
    /// `KeInsertQueueDpc`
    DpcQueued {
        /// The DPC.
        dpc: ObjectId,
    }
    /// `KeFlushQueuedDpcs` returns.
    DpcsFlushed {}
    /// A registry key or other handle is opened.
    KeyOpened {
        /// The handle, `NONE` on failure.
        key: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// `ZwClose`
    KeyClosed {
        /// The handle.
        key: ObjectId,
    }
    /// `EtwRegister`
    EtwRegistered {
        /// The registration, `NONE` on failure.
        provider: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// `EtwUnregister`
    EtwUnregistered {
        /// The registration.
        provider: ObjectId,
    }
    /// `DbgPrint` text, or an `ETW` event in words.
    DebugPrint {
        /// What was printed.
        text: Text,
    }
}
