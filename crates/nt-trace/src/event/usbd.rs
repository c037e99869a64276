//! The USBD handle, URBs and what the `USB` stack does with them.

use super::actor::UrbKind;
use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::{NtStatus, Text};

payloads! {
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
    /// The `USB` stack receives an isochronous transfer: follows its [`UrbSubmitted`].
    IsochronousSubmitted {
        /// The URB.
        urb: ObjectId,
        /// The IRP that carries it.
        irp: ObjectId,
        /// The endpoint address of the pipe.
        endpoint: u8,
        /// `NumberOfPackets`
        packets: u32,
        /// The number of packets that the URB was allocated for.
        room: u32,
        /// The polling period of the pipe in microframes.
        period: u32,
        /// `NumberOfPackets` must be a multiple of this.
        per_frame: u32,
        /// The most packets that the speed allows.
        most: u32,
    }
    /// The `USB` stack has opened a static stream.
    StreamOpened {
        /// Its pipe.
        pipe: ObjectId,
        /// The pipe of the endpoint that it is a stream of.
        base: ObjectId,
        /// Its identifier, from 1.
        stream: u16,
    }
    /// An URB names a pipe that is open no more: another configuration or setting was selected, or its streams were closed.
    StalePipeUsed {
        /// The URB.
        urb: ObjectId,
        /// The pipe.
        pipe: ObjectId,
    }
    /// A configuration or setting is selected, or the port reset or cycled, while transfers are pending that this ends.
    PendingAtChange {
        /// The IRP that asks for it.
        irp: ObjectId,
        /// What is done.
        what: Text,
        /// How many transfers are pending.
        pending: u32,
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
}
