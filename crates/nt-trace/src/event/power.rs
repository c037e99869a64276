//! Power: what the power manager asks for, what it is asked for, and what the device and the system do.
//!
//! System states are numbers of `SYSTEM_POWER_STATE` (1 is S0, 6 is S5), device states of `DEVICE_POWER_STATE`
//! (1 is D0, 4 is D3).

use super::actor::Actor;
use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::NtStatus;

payloads! {
    /// The IRP that was just created is a power IRP of the power manager's.
    PowerIrpCreated {
        /// The IRP.
        irp: ObjectId,
        /// The physical device object of the stack.
        pdo: ObjectId,
        /// `IRP_MN_*`
        minor: u8,
        /// For the system's state; otherwise for the device's. A wait/wake IRP is for the device.
        system: bool,
        /// The state asked for; of a wait/wake IRP the system state to wake from.
        state: u32,
        /// The state before: the system's, or the device's as the bus knows it.
        from: u32,
        /// The driver under test asked for it by `PoRequestPowerIrp`.
        requested: bool,
    }
    /// `PoRequestPowerIrp` answers.
    PowerIrpRequested {
        /// The device object that it was asked for.
        device: ObjectId,
        /// The physical device object of the stack.
        pdo: ObjectId,
        /// `IRP_MN_*`
        minor: u8,
        /// The state asked for.
        state: u32,
        /// A place for the IRP's address was given.
        wants_irp: bool,
        /// The IRP, `NONE` if there is none.
        irp: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// Every driver is done with a power IRP of the power manager's. The requester's callback comes next.
    PowerIrpCompleted {
        /// The IRP.
        irp: ObjectId,
        /// Its status.
        status: NtStatus,
        /// A callback follows.
        callback: bool,
    }
    /// The callback of a requested power IRP has returned.
    PowerCallbackReturned {
        /// The IRP.
        irp: ObjectId,
        /// The physical device object of the stack.
        pdo: ObjectId,
    }
    /// `PoSetPowerState`
    PowerStateSet {
        /// The device object.
        device: ObjectId,
        /// Who tells the power manager.
        by: Actor,
        /// The system's state; otherwise the device's.
        system: bool,
        /// The state.
        state: u32,
    }
    /// The system goes to a state, or pageable memory can no longer be reached, or can be again.
    SystemPowerChanged {
        /// The state.
        state: u32,
        /// A page fault can be served.
        paging: bool,
    }
    /// The bus put the device into another state.
    DevicePowerChanged {
        /// The physical device object.
        pdo: ObjectId,
        /// The state before.
        from: u32,
        /// The state now.
        to: u32,
        /// A wait/wake IRP is pending.
        armed: bool,
        /// How many requests of the driver the USB stack still had.
        in_flight: u32,
    }
    /// The device signals that it wants to wake up.
    WakeSignalled {
        /// The physical device object.
        pdo: ObjectId,
        /// A wait/wake IRP is pending, and the device is in a state from which it may wake.
        armed: bool,
    }
    /// The bus got a request for a device that is not in D0.
    RequestOutsideD0 {
        /// The physical device object.
        pdo: ObjectId,
        /// The IRP.
        irp: ObjectId,
        /// The device's state.
        state: u32,
    }
    /// The bus got an idle notification.
    IdleSubmitted {
        /// The physical device object.
        pdo: ObjectId,
        /// The IRP.
        irp: ObjectId,
        /// The device's state.
        state: u32,
        /// Another one is pending.
        another: bool,
        /// `STATUS_PENDING`, or what it is refused with.
        status: NtStatus,
    }
    /// The driver's idle callback has returned.
    IdleCallbackReturned {
        /// The physical device object.
        pdo: ObjectId,
        /// The idle notification IRP.
        irp: ObjectId,
        /// The device's state now.
        state: u32,
        /// The idle notification was cancelled meanwhile, or a request for power failed.
        excused: bool,
    }
}
