//! The events of a trace.
//!
//! Every payload is a plain structure with a [`Default`], so a producer writes
//! `IrpFreed { irp, ..Default::default() }` and a new field breaks neither producers nor rules.

mod mention;

use serde::{Deserialize, Serialize};

use mention::Mention;

use crate::object::{ObjectId, ObjectKind};
use crate::value::{Arg, Args, NtStatus, PoolTag, Site, Text};

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
}

impl Callback {
    /// Whether it is a dispatch routine.
    #[must_use]
    pub const fn is_dispatch(self) -> bool {
        matches!(self, Self::Dispatch { .. })
    }
}

/// Defines the payload structures, [`EventKind`] and [`Tag`] from one list.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(default)]
            pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

            impl Mention for $name {
                fn mention(&self, visit: &mut dyn FnMut(ObjectId)) {
                    let _ = &visit;
                    $(self.$field.mention(visit);)*
                }
            }

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
        pub enum EventKind { $($(#[$doc])* $name($name),)* }

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

events! {
    /// The driver calls a kernel routine. [`Return`] of the same thread closes it. What the routine
    /// does in particular is told by other events between the two.
    Call {
        /// The routine's documented name.
        routine: Text,
        /// What a reader wants to see of its arguments.
        args: Args,
    }
    /// A kernel routine returns to the driver.
    Return {
        /// The routine's documented name.
        routine: Text,
        /// Its result.
        value: Arg,
    }
    /// The kernel calls the driver.
    CallbackEnter {
        /// Which callback.
        callback: Callback,
    }
    /// The driver returns from a callback.
    CallbackLeave {
        /// Which callback, equal to the one entered.
        callback: Callback,
        /// The callback's result, `STATUS_SUCCESS` where it has none.
        status: NtStatus,
    }

    // Inline effects, found by comparing an IRP with its shadow copy.

    /// `IoMarkIrpPending`: the driver set `SL_PENDING_RETURNED` in its own stack location.
    IrpMarkedPending {
        /// The IRP.
        irp: ObjectId,
    }
    /// `IoSetCompletionRoutine` or its `Ex` form.
    CompletionRoutineSet {
        /// The IRP.
        irp: ObjectId,
        /// `SL_INVOKE_ON_*` as written.
        control: u8,
        /// Whether the routine lies in the driver's image.
        ours: bool,
        /// Where the routine is.
        routine: Option<Site>,
        /// Whether the `Ex` form was used.
        ex: bool,
    }
    /// `IoSkipCurrentIrpStackLocation`
    StackSkipped {
        /// The IRP.
        irp: ObjectId,
    }
    /// `IoCopyCurrentIrpStackLocationToNext`
    StackCopied {
        /// The IRP.
        irp: ObjectId,
        /// Whether the upper driver's completion routine was copied too, which is a bug.
        with_completion_routine: bool,
    }
    /// `IoSetCancelRoutine` with a routine.
    CancelRoutineSet {
        /// The IRP.
        irp: ObjectId,
    }
    /// `IoSetCancelRoutine` with null.
    CancelRoutineCleared {
        /// The IRP.
        irp: ObjectId,
    }
    /// The driver wrote `IoStatus`.
    IrpStatusWritten {
        /// The IRP.
        irp: ObjectId,
        /// `IoStatus.Status` now.
        status: NtStatus,
        /// `IoStatus.Information` now.
        information: u64,
    }

    // The life of an IRP.

    /// An IRP exists.
    IrpCreated {
        /// The IRP.
        irp: ObjectId,
        /// `IRP_MJ_*`
        major: u8,
        /// `IRP_MN_*`
        minor: u8,
        /// Where it comes from.
        origin: IrpOrigin,
        /// Its initial status.
        status: NtStatus,
        /// Its file object, if any.
        file: ObjectId,
        /// `IRP_MJ_DEVICE_CONTROL` and its internal form: the control code.
        control_code: u32,
    }
    /// `IoCallDriver`: an IRP goes to a device object.
    IrpSent {
        /// The IRP.
        irp: ObjectId,
        /// Who sends it.
        by: Actor,
        /// The sender's device object, `NONE` for the creator.
        from: ObjectId,
        /// The receiving device object.
        to: ObjectId,
        /// `IRP_MJ_*` of the receiver's stack location.
        major: u8,
        /// `IRP_MN_*` of the receiver's stack location.
        minor: u8,
        /// The control code of a device control request, otherwise 0.
        control_code: u32,
        /// `IoStatus.Status` as it goes.
        status: NtStatus,
        /// Whether a cancel routine is still set.
        cancel_routine: bool,
    }
    /// `IoCallDriver` returns to its caller.
    IrpReturned {
        /// The IRP, which may be gone by now.
        irp: ObjectId,
        /// Who gets the result.
        by: Actor,
        /// The device object it was sent to.
        to: ObjectId,
        /// What the callee returned.
        status: NtStatus,
    }
    /// `IoCompleteRequest` is called.
    IrpCompleteCalled {
        /// The IRP.
        irp: ObjectId,
        /// Who calls.
        by: Actor,
        /// The caller's device object, if known.
        device: ObjectId,
        /// `IoStatus.Status`
        status: NtStatus,
        /// `IoStatus.Information`
        information: u64,
        /// Whether a cancel routine is still set.
        cancel_routine: bool,
    }
    /// A completion routine has run.
    CompletionRoutineCalled {
        /// The IRP.
        irp: ObjectId,
        /// Whose routine it is.
        by: Actor,
        /// The device object passed to it.
        device: ObjectId,
        /// `IoStatus.Status` when it was called.
        status: NtStatus,
        /// `Irp->PendingReturned` when it was called.
        pending_returned: bool,
        /// It returned `STATUS_MORE_PROCESSING_REQUIRED`.
        more_processing: bool,
    }
    /// The I/O manager is done with the IRP: every completion routine let it go.
    IrpFinished {
        /// The IRP.
        irp: ObjectId,
        /// The final status.
        status: NtStatus,
        /// The final information value.
        information: u64,
    }
    /// `IoCancelIrp` is called.
    IrpCancelRequested {
        /// The IRP.
        irp: ObjectId,
        /// Who calls.
        by: Actor,
        /// Whether a cancel routine was found and called.
        routine_called: bool,
    }
    /// The IRP's memory is given back.
    IrpFreed {
        /// The IRP.
        irp: ObjectId,
        /// Who frees it.
        by: Actor,
    }
    /// `IoReuseIrp` or `IoInitializeIrp`
    IrpReinitialised {
        /// The IRP.
        irp: ObjectId,
        /// True for `IoReuseIrp`.
        reuse: bool,
    }

    // Devices.

    /// `IoCreateDevice`
    DeviceCreated {
        /// The device object.
        device: ObjectId,
        /// Its driver object.
        driver: ObjectId,
        /// Who made it.
        by: Actor,
        /// `FILE_DEVICE_*`
        device_type: u32,
        /// `Flags` after creation.
        flags: u32,
    }
    /// `IoAttachDeviceToDeviceStack`
    DeviceAttached {
        /// The device object that was attached.
        device: ObjectId,
        /// The one it is attached to, `NONE` when attaching failed.
        to: ObjectId,
        /// Any object of the stack that the caller named.
        target: ObjectId,
        /// Who attached it.
        by: Actor,
    }
    /// `IoDetachDevice`
    DeviceDetached {
        /// The lower device object, which is the routine's argument.
        from: ObjectId,
        /// The upper one that was attached to it, `NONE` if there was none.
        device: ObjectId,
        /// Who detached it.
        by: Actor,
    }
    /// `IoDeleteDevice`
    DeviceDeleted {
        /// The device object.
        device: ObjectId,
        /// Who deleted it.
        by: Actor,
    }
    /// The driver changed a device object's `Flags`.
    DeviceFlags {
        /// The device object.
        device: ObjectId,
        /// `Flags` now.
        flags: u32,
        /// `Flags` of the device object it is attached to, 0 if none.
        lower_flags: u32,
    }
    /// `IoRegisterDeviceInterface`
    InterfaceRegistered {
        /// The interface, named by its symbolic link string; `NONE` on failure.
        interface: ObjectId,
        /// The physical device object.
        pdo: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// `IoSetDeviceInterfaceState`
    InterfaceStateSet {
        /// The interface.
        interface: ObjectId,
        /// On or off.
        enable: bool,
        /// The result.
        status: NtStatus,
    }
    /// The interface's symbolic link string is freed.
    InterfaceStringFreed {
        /// The interface.
        interface: ObjectId,
    }
    /// `ObReferenceObject` and routines that return a referenced object.
    ObjectReferenced {
        /// The object.
        object: ObjectId,
        /// Who holds it.
        by: Actor,
        /// References that this holder has now.
        count: u32,
    }
    /// `ObDereferenceObject`
    ObjectDereferenced {
        /// The object.
        object: ObjectId,
        /// Who held it.
        by: Actor,
        /// References that this holder has left.
        count: u32,
    }

    // Locks, waits, IRQL.

    /// `IoInitializeRemoveLock`
    RemoveLockInitialised {
        /// The lock.
        lock: ObjectId,
        /// The device object whose extension holds it, if known.
        device: ObjectId,
    }
    /// `IoAcquireRemoveLock`
    RemoveLockAcquired {
        /// The lock.
        lock: ObjectId,
        /// The tag.
        tag: ObjectId,
        /// `STATUS_SUCCESS` or `STATUS_DELETE_PENDING`.
        status: NtStatus,
    }
    /// `IoReleaseRemoveLock`
    RemoveLockReleased {
        /// The lock.
        lock: ObjectId,
        /// The tag.
        tag: ObjectId,
    }
    /// `IoReleaseRemoveLockAndWait` is called.
    RemoveLockWaitBegun {
        /// The lock.
        lock: ObjectId,
        /// The tag.
        tag: ObjectId,
    }
    /// `IoReleaseRemoveLockAndWait` returns.
    RemoveLockWaitEnded {
        /// The lock.
        lock: ObjectId,
        /// The tag.
        tag: ObjectId,
    }
    /// A spin lock is taken.
    SpinLockAcquired {
        /// The lock.
        lock: ObjectId,
        /// How.
        form: SpinLockForm,
        /// `IRQL` before.
        old_irql: u8,
    }
    /// A spin lock is given back.
    SpinLockReleased {
        /// The lock.
        lock: ObjectId,
        /// How.
        form: SpinLockForm,
        /// `IRQL` to go back to.
        new_irql: u8,
    }
    /// `KeRaiseIrql`
    IrqlRaised {
        /// Before.
        from: u8,
        /// After.
        to: u8,
    }
    /// `KeLowerIrql`
    IrqlLowered {
        /// Before.
        from: u8,
        /// After.
        to: u8,
    }
    /// `KeInitializeEvent`
    EventInitialised {
        /// The event object.
        object: ObjectId,
        /// `SynchronizationEvent`, otherwise `NotificationEvent`.
        synchronization: bool,
        /// Signalled from the start.
        signalled: bool,
    }
    /// `KeSetEvent`
    EventSignalled {
        /// The event object.
        object: ObjectId,
        /// Who signals it.
        by: Actor,
        /// The `Wait` argument.
        wait: bool,
    }
    /// `KeClearEvent` or `KeResetEvent`
    EventCleared {
        /// The event object.
        object: ObjectId,
    }
    /// `KeWaitForSingleObject` is called.
    WaitBegun {
        /// The object waited for.
        object: ObjectId,
        /// The timeout in units of 100 ns as passed (negative is relative), none for an endless wait.
        timeout: Option<i64>,
        /// The object was signalled already.
        signalled: bool,
    }
    /// `KeWaitForSingleObject` returns.
    WaitEnded {
        /// The object waited for.
        object: ObjectId,
        /// The result.
        status: NtStatus,
    }

    // Memory and deferred work.

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

    // USBD.

    /// `USBD_CreateHandle` succeeds.
    HandleCreated {
        /// The handle.
        handle: ObjectId,
        /// The client's device object.
        device: ObjectId,
        /// The device object it is attached to.
        target: ObjectId,
    }
    /// `USBD_CreateHandle` fails.
    HandleCreateFailed {
        /// The client's device object.
        device: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// `USBD_CloseHandle`
    HandleClosed {
        /// The handle.
        handle: ObjectId,
    }
    /// `USBD_QueryUsbCapability`
    CapabilityQueried {
        /// The handle.
        handle: ObjectId,
        /// The capability's name.
        capability: Text,
        /// The result.
        status: NtStatus,
    }
    /// An URB is allocated, or an attempt at it.
    UrbAllocated {
        /// The URB, `NONE` when it failed.
        urb: ObjectId,
        /// The handle it belongs to.
        handle: ObjectId,
        /// By which routine.
        kind: UrbKind,
        /// The result.
        status: NtStatus,
    }
    /// `USBD_UrbFree`
    UrbFreed {
        /// The URB.
        urb: ObjectId,
        /// The handle passed.
        handle: ObjectId,
    }
    /// `USBD_AssignUrbToIoStackLocation`
    UrbAssigned {
        /// The URB.
        urb: ObjectId,
        /// The IRP whose stack location was passed, if known.
        irp: ObjectId,
        /// The handle passed.
        handle: ObjectId,
    }
    /// The `USB` stack receives an URB.
    UrbSubmitted {
        /// The URB.
        urb: ObjectId,
        /// The IRP that carries it.
        irp: ObjectId,
        /// `URB_FUNCTION_*`
        function: u16,
        /// The pipe handle, `NONE` for control requests.
        pipe: ObjectId,
        /// The endpoint address of the pipe, 0 for control requests.
        endpoint: u8,
        /// Bytes asked for.
        length: u32,
        /// How the URB was allocated.
        kind: UrbKind,
        /// `USBD_AssignUrbToIoStackLocation` was called for this submission.
        assigned: bool,
    }
    /// The `USB` stack is done with an URB.
    UrbCompleted {
        /// The URB.
        urb: ObjectId,
        /// The IRP that carried it.
        irp: ObjectId,
        /// `USBD_STATUS_*`
        usbd_status: u32,
        /// Bytes moved.
        length: u32,
        /// The endpoint address of the pipe, 0 for control requests.
        endpoint: u8,
    }
    /// The driver changed an URB that the `USB` stack holds.
    UrbModifiedWhileActive {
        /// The URB.
        urb: ObjectId,
        /// Offset of the first byte that changed.
        offset: u32,
    }

    // The world.

    /// A step of the script.
    Step {
        /// The step in words.
        text: Text,
    }
    /// The driver's image is loaded.
    DriverLoaded {
        /// The driver object.
        driver: ObjectId,
        /// The image's name.
        name: Text,
    }
    /// The driver's image is unloaded.
    DriverUnloaded {
        /// The driver object.
        driver: ObjectId,
    }
    /// A device is plugged in.
    Plugged {
        /// Its physical device object.
        pdo: ObjectId,
        /// What it is.
        model: Text,
    }
    /// A device is pulled.
    Unplugged {
        /// Its physical device object.
        pdo: ObjectId,
    }
    /// The PnP manager moves a device to another state.
    PnpState {
        /// The physical device object.
        pdo: ObjectId,
        /// The state's name.
        state: Text,
    }
    /// A file object is opened.
    FileOpened {
        /// The file object.
        file: ObjectId,
        /// The device object opened.
        device: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// The last handle of a file object is closed.
    FileCleanup {
        /// The file object.
        file: ObjectId,
    }
    /// The last reference of a file object is gone.
    FileClosed {
        /// The file object.
        file: ObjectId,
    }
    /// The plan made a fallible call fail.
    FailureInjected {
        /// The routine.
        routine: Text,
        /// What it answers.
        status: NtStatus,
    }
    /// The machine stops.
    BugCheck {
        /// The bug check code.
        code: u32,
        /// Its parameters.
        parameters: [u64; 4],
        /// What it means, in words.
        text: Text,
    }
    /// Something is left when the driver unloads.
    Leak {
        /// What is left.
        object: ObjectId,
        /// In words: size and tag, or kind.
        what: Text,
        /// Where the driver got it.
        allocated_at: Option<Site>,
    }
    /// The driver touched memory that it may not touch.
    Fault {
        /// The object the address belongs to or lies next to.
        object: ObjectId,
        /// Offset from the object's start.
        offset: i64,
        /// A write; otherwise a read, or an instruction fetch if `execute`.
        write: bool,
        /// An instruction fetch.
        execute: bool,
        /// In words.
        text: Text,
    }
    /// Nobody can run and somebody waits.
    Deadlock {
        /// Who waits for what.
        text: Text,
    }
    /// A bound on simulated time, steps or processor time is passed.
    Livelock {
        /// What went on.
        text: Text,
    }
}
