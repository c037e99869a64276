//! Memory, deferred work and other things that are given back.

use super::actor::PoolKind;
use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::{Arg, NtStatus, PoolTag, Text};

/// One field of an event of event tracing.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EtwField {
    /// Its name.
    pub name: Text,
    /// What it holds.
    pub value: Arg,
}

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
    /// `EtwSetInformation` with the provider's traits.
    EtwTraits {
        /// The registration.
        provider: ObjectId,
        /// The provider's name.
        name: Text,
        /// What is wrong with the traits, empty for nothing.
        flaw: Text,
    }
    /// A session begins or ends to listen to a provider.
    EtwEnabled {
        /// The registration.
        provider: ObjectId,
        /// Whether a session listens.
        on: bool,
        /// The highest level it wants, 0 for all.
        level: u8,
        /// Keywords of which an event must have one.
        any: u64,
        /// Keywords of which an event must have all.
        all: u64,
    }
    /// `EtwWrite` and its siblings, decoded.
    EtwWritten {
        /// The registration, `NONE` if there is none.
        provider: ObjectId,
        /// The event's name, or its number where it has none.
        name: Text,
        /// How grave: `TRACE_LEVEL_*`.
        level: u8,
        /// Its keywords.
        keyword: u64,
        /// `WINEVENT_OPCODE_*`
        opcode: u8,
        /// Whether the session wants it.
        wanted: bool,
        /// The fields.
        fields: Vec<EtwField>,
        /// What is wrong with it, empty for nothing.
        flaw: Text,
    }
    /// `DbgPrint` text.
    DebugPrint {
        /// What was printed.
        text: Text,
    }
}
