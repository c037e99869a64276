//! Who acts, and in what role.

use serde::{Deserialize, Serialize};

use crate::object::ObjectId;

/// Who did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Actor {
    /// The I/O, PnP or power manager.
    #[default]
    System,
    /// The driver under test.
    Driver,
    /// A driver below it: the USB stack.
    Below,
    /// A filter above it.
    Above,
}

/// Where an IRP comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum IrpOrigin {
    /// The I/O manager, for a user-mode or system request.
    #[default]
    IoManager,
    /// The PnP manager.
    PnpManager,
    /// The power manager, including `PoRequestPowerIrp`.
    PowerManager,
    /// `WMI`.
    Wmi,
    /// WMI, for the device object that registered with it and that `ProviderId` names.
    WmiProvider,
    /// `IoAllocateIrp` or `IoAllocateIrpEx` by the driver under test.
    Allocated,
    /// `IoBuildDeviceIoControlRequest` by the driver under test.
    BuiltDeviceControl,
    /// `IoBuildAsynchronousFsdRequest` by the driver under test.
    BuiltAsynchronous,
    /// `IoBuildSynchronousFsdRequest` by the driver under test.
    BuiltSynchronous,
    /// Another driver of the stack.
    OtherDriver,
}

/// Which routine an URB comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum UrbKind {
    /// `USBD_UrbAllocate`
    #[default]
    Plain,
    /// `USBD_IsochUrbAllocate`
    Isochronous,
    /// `USBD_SelectConfigUrbAllocateAndBuild`
    SelectConfiguration,
    /// `USBD_SelectInterfaceUrbAllocateAndBuild`
    SelectInterface,
    /// None of them: memory of the driver's own.
    Foreign,
}

/// Which pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PoolKind {
    /// Nonpaged, not executable.
    #[default]
    NonPaged,
    /// Nonpaged and executable.
    NonPagedExecute,
    /// Paged.
    Paged,
}

/// How a spin lock is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SpinLockForm {
    /// `KeAcquireSpinLockRaiseToDpc`, `KeReleaseSpinLock`
    #[default]
    Normal,
    /// `KeAcquireSpinLockAtDpcLevel`, `KeReleaseSpinLockFromDpcLevel`
    AtDpcLevel,
    /// `KeAcquireInStackQueuedSpinLock` and its relatives
    InStackQueued,
    /// `IoAcquireCancelSpinLock`, `IoReleaseCancelSpinLock`
    Cancel,
}

/// Which lock that a thread may wait for, and how it is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LockForm {
    /// A kernel mutex: `KeWaitForSingleObject`, `KeReleaseMutex`
    #[default]
    Mutex,
    /// `ExAcquireFastMutex` and its relatives
    FastMutex,
    /// `KeAcquireGuardedMutex` and its relatives
    GuardedMutex,
    /// `ExAcquireResourceExclusiveLite` and its relatives
    ResourceExclusive,
    /// `ExAcquireResourceSharedLite` and its relatives
    ResourceShared,
}

/// A callback of the driver under test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Callback {
    /// `DriverEntry`
    #[default]
    DriverEntry,
    /// `DriverUnload`
    Unload,
    /// `AddDevice`
    AddDevice {
        /// The physical device object.
        pdo: ObjectId,
    },
    /// A dispatch routine.
    Dispatch {
        /// `IRP_MJ_*`
        major: u8,
        /// `IRP_MN_*`
        minor: u8,
        /// The driver's device object.
        device: ObjectId,
        /// The IRP.
        irp: ObjectId,
    },
    /// An I/O completion routine.
    Completion {
        /// The IRP.
        irp: ObjectId,
        /// The device object passed in, `NONE` for the creator of the IRP.
        device: ObjectId,
        /// `Irp->PendingReturned` on entry.
        pending_returned: bool,
    },
    /// A cancel routine.
    Cancel {
        /// The IRP.
        irp: ObjectId,
        /// The device object passed in.
        device: ObjectId,
    },
    /// A deferred procedure call.
    Dpc {
        /// The DPC object.
        dpc: ObjectId,
    },
    /// A work item's routine.
    WorkItem {
        /// The work item.
        item: ObjectId,
    },
    /// A timer's routine.
    Timer {
        /// The timer.
        timer: ObjectId,
    },
    /// A `PoRequestPowerIrp` callback.
    PowerCompletion {
        /// The device object it was asked for.
        device: ObjectId,
        /// `IRP_MN_SET_POWER` and so on.
        minor: u8,
    },
    /// The `USB` idle callback.
    Idle {
        /// The idle notification IRP.
        irp: ObjectId,
    },
    /// A thread the driver made.
    Thread {
        /// The thread.
        thread: ObjectId,
    },
    /// An event provider's enable callback.
    EtwEnable {
        /// The registration.
        provider: ObjectId,
    },
    /// `MiniportSetOptions`
    MiniportSetOptions {
        /// The miniport driver's registration.
        miniport: ObjectId,
    },
    /// `MiniportInitializeEx`
    MiniportInitialize {
        /// The adapter.
        adapter: ObjectId,
    },
    /// `MiniportHaltEx`
    MiniportHalt {
        /// The adapter.
        adapter: ObjectId,
    },
    /// `MiniportDevicePnPEventNotify`
    MiniportPnpEvent {
        /// The adapter.
        adapter: ObjectId,
    },
}

impl Callback {
    /// Whether it is a dispatch routine.
    #[must_use]
    pub const fn is_dispatch(self) -> bool {
        matches!(self, Self::Dispatch { .. })
    }
}
