//! Device objects, device interfaces, references.

use super::actor::Actor;
use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::NtStatus;

payloads! {
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
        /// `DeviceType` now.
        device_type: u32,
        /// `DeviceType` of the device object it is attached to, 0 if none.
        lower_type: u32,
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
}
