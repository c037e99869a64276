//! The events of a trace.
//!
//! Every payload is a plain structure with a [`Default`], so a producer writes
//! `IrpFreed { irp, ..Default::default() }` and a new field breaks neither producers nor rules.

mod actor;
mod call;
mod device;
mod irp;
mod memory;
mod mention;
mod ndis;
mod neighbour;
mod payload;
mod power;
mod resource;
mod synchronisation;
mod usbd;
mod world;

use serde::{Deserialize, Serialize};

pub use actor::{Actor, Callback, IrpOrigin, LockForm, PoolKind, SpinLockForm, UrbKind};
pub use call::*;
pub use device::*;
pub use irp::*;
pub use memory::*;
use mention::Mention;
pub use ndis::*;
pub use neighbour::*;
pub use power::*;
pub use resource::*;
pub use synchronisation::*;
pub use usbd::*;
pub use world::*;

use crate::object::{ObjectId, ObjectKind};
use crate::value::Site;

/// Version of the event format. Raised when a kind or field changes meaning or goes away; a new kind
/// or field does not raise it.
pub const VERSION: u32 = 1;

/// One thing that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the trace, from 0.
    pub seq: u64,
    /// Simulated time since the start, in units of 100 ns.
    pub time: u64,
    /// The thread that ran, `0` for the world outside (script, hardware).
    pub thread: u32,
    /// The processor it ran on.
    pub processor: u8,
    /// The processor's `IRQL` when it happened; for a call, on entry.
    pub irql: u8,
    /// Where the driver was: the return address of the kernel call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// Defines [`EventKind`] and [`Tag`] from one list of payloads.
macro_rules! kinds {
    ($($name:ident,)*) => {
        $(
            impl From<$name> for EventKind {
                fn from(payload: $name) -> Self {
                    Self::$name(payload)
                }
            }
        )*

        /// What happened. Rules match the kinds they know and ignore the rest.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "event")]
        #[non_exhaustive]
        pub enum EventKind { $(#[doc = concat!("See [`struct@", stringify!($name), "`].")] $name($name),)* }

        impl EventKind {
            /// The kind without its payload.
            #[must_use]
            pub const fn tag(&self) -> Tag {
                match self { $(Self::$name(_) => Tag::$name,)* }
            }

            /// Calls `visit` with every object the event names, null pointers left out.
            pub fn for_each_object(&self, visit: &mut dyn FnMut(ObjectId)) {
                match self { $(Self::$name(payload) => payload.mention(visit),)* }
            }

            /// One of each kind, with default payloads.
            #[must_use]
            pub fn one_of_each() -> Vec<Self> {
                vec![$(Self::$name($name::default()),)*]
            }
        }

        /// An event kind without its payload, for interest masks. The numbers are not stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Tag { $(#[doc = concat!("[`EventKind::", stringify!($name), "`]")] $name,)* }

        impl Tag {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The kind's name, as in the `event` member of a JSON line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

kinds! {
    Call, Return, CallbackEnter, CallbackLeave,
    IrpMarkedPending, CompletionRoutineSet, StackSkipped, StackCopied, CancelRoutineSet,
    CancelRoutineCleared, CompletionRoutineExSet, IrpQueued, IrpStatusWritten, IrpCreated, IrpSent, IrpReturned, IrpCompleteCalled,
    CompletionRoutineCalled, IrpFinished, IrpCancelRequested, IrpFreed, IrpReinitialised,
    DeviceCreated, DeviceAttached, DeviceDetached, DeviceDeleted, DeviceFlags, InterfaceRegistered,
    InterfaceStateSet, InterfaceStringFreed, ObjectReferenced, ObjectDereferenced,
    RemoveLockInitialised, RemoveLockAcquired, RemoveLockReleased, RemoveLockWaitBegun,
    RemoveLockWaitEnded, SpinLockAcquired, SpinLockReleased, LockAcquired, LockReleased, IrqlRaised, IrqlLowered,
    EventInitialised, EventSignalled, EventCleared, WaitBegun, WaitEnded,
    PoolAllocated, PoolFreed, MdlAllocated, MdlFreed, WorkItemAllocated, WorkItemQueued,
    WorkItemFreed, TimerSet, TimerCancelled, DpcQueued, DpcsFlushed, KeyOpened, KeyClosed,
    EtwRegistered, EtwUnregistered, EtwTraits, EtwEnabled, EtwWritten,
    MiniportRegistered, MiniportDeregistered, MiniportAttributesSet,
    NdisFileOpened, NdisFileMapped, NdisFileUnmapped, NdisFileClosed, DebugPrint, UserRead, PagedTouched, DataChanged,
    HandleCreated, HandleCreateFailed, HandleClosed, CapabilityQueried, UrbAllocated, UrbFreed,
    UrbAssigned, UrbSubmitted, IsochronousSubmitted, StreamOpened, StalePipeUsed, PendingAtChange, UrbCompleted, UrbModifiedWhileActive,
    PowerIrpCreated, PowerIrpRequested, PowerIrpCompleted, PowerCallbackReturned, PowerStateSet,
    SystemPowerChanged, DevicePowerChanged, WakeSignalled, RequestOutsideD0, IdleSubmitted, IdleCallbackReturned,
    Step, DriverLoaded, DispatchTable, DriverUnloaded, Plugged, Unplugged, PnpState, FileOpened, FileCleanup,
    FileClosed, FailureInjected, NeighbourFound, BugCheck, Leak, PendingAtUnload, Fault, Deadlock, Livelock,
}

impl EventKind {
    /// Whether the event names `object`.
    #[must_use]
    pub fn names(&self, object: ObjectId) -> bool {
        let mut found = false;
        self.for_each_object(&mut |named| found |= named == object);
        found
    }

    /// The first IRP that the event names, `NONE` if it names none.
    #[must_use]
    pub fn irp(&self) -> ObjectId {
        let mut first = ObjectId::NONE;
        self.for_each_object(&mut |named| {
            if named.kind == ObjectKind::Irp && first.is_none() {
                first = named;
            }
        });
        first
    }
}

impl Default for EventKind {
    fn default() -> Self {
        Self::Step(Step::default())
    }
}
