//! What happens to IRPs, inline effects included. The simulator finds those by comparing an IRP with its
//! shadow copy.

use super::actor::{Actor, IrpOrigin};
use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::{NtStatus, Site};

payloads! {
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
        /// Whether the routine lies in a pageable section.
        pageable: bool,
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
    /// `IoSetCompletionRoutineEx` answers; [`struct@CompletionRoutineSet`] tells what it set.
    CompletionRoutineExSet {
        /// The IRP.
        irp: ObjectId,
        /// The device object passed.
        device: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// The driver that has the IRP linked it into a list by `Tail.Overlay.ListEntry`, for the first time since it
    /// got it: inline, or by an `ExInterlocked` routine.
    IrpQueued {
        /// The IRP.
        irp: ObjectId,
        /// By one of the `ExInterlocked` routines.
        interlocked: bool,
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
        /// The event that the I/O manager sets when it is done with it, if its maker gave one.
        user_event: ObjectId,
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
        /// `Control` of the receiver's stack location.
        control: u8,
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
}
