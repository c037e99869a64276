//! Every event.

use core::ffi::CStr;

use usbclient_protocol::status::NtStatus;

use super::{
    Descriptor, Documented, Event, Hex8, Hex16, Hex32, Keyword, Level, Opcode,
    field::{Field, TEXT},
    metadata,
};

/// Defines the events: structures without padding, their metadata, and what is said about them.
macro_rules! events {
    ($(
        $(#[doc = $about:literal])+
        $name:ident: $level:ident, [$($keyword:ident)|+], $opcode:ident {
            $($(#[doc = $what:literal])+ $field:ident: $type:ty,)*
            $(; $(#[doc = $text_what:literal])+ $text:ident)?
        }
    )*) => {
        $(
            $(#[doc = $about])+
            #[derive(Clone, Copy, Debug)]
            #[repr(C, packed)]
            pub struct $name {
                $($(#[doc = $what])+ pub $field: $type,)*
                $($(#[doc = $text_what])+ pub $text: &'static CStr,)?
            }

            impl $name {
                const FIELDS: &'static [metadata::Named] = &[
                    $((stringify!($field), <$type as Field>::TYPE),)*
                    $((stringify!($text), TEXT),)?
                ];
            }

            impl Event for $name {
                const DESCRIPTOR: &'static Descriptor = &Descriptor {
                    index: Index::$name as u32,
                    level: Level::$level,
                    keyword: Keyword(0 $(| Keyword::$keyword.0)+),
                    opcode: Opcode::$opcode,
                    metadata: &metadata::event::<{ metadata::size(stringify!($name), $name::FIELDS) }>(
                        stringify!($name),
                        $name::FIELDS,
                    ),
                };

                const LENGTH: u32 = bytes(0 $(+ size_of::<$type>())*);

                fn text(&self) -> Option<&'static CStr> {
                    events!(@text self $($text)?)
                }
            }
        )*

        /// The events in their order.
        #[repr(u32)]
        enum Index { $($name),* }

        /// What is the same each time, for every event.
        pub const ALL: &[&Descriptor] = &[$($name::DESCRIPTOR),*];

        /// Every event with what it says, for pages about them. Not in the driver's image: nothing there asks for it.
        #[must_use]
        pub const fn documentation() -> &'static [Documented] {
            &[$(Documented {
                name: stringify!($name),
                about: concat!($($about),+),
                descriptor: $name::DESCRIPTOR,
                fields: &[
                    $((stringify!($field), concat!($($what),+)),)*
                    $((stringify!($text), concat!($($text_what),+)),)?
                ],
            }),*]
        }
    };
    (@text $this:ident $text:ident) => { Some($this.$text) };
    (@text $this:ident) => { None };
}

/// The length of an event's fields.
#[expect(clippy::cast_possible_truncation, reason = "a few bytes")]
const fn bytes(length: usize) -> u32 {
    length as u32
}

events! {
    /// `DriverEntry` has succeeded.
    DriverLoaded: Information, [LIFECYCLE], Info {
        ;
        /// The driver's version.
        version
    }
    /// `DriverUnload`, last.
    DriverUnloaded: Information, [LIFECYCLE], Info {}
    /// `AddDevice` has succeeded.
    DeviceAdded: Information, [LIFECYCLE], Info {
        /// The device's number, counted from 1 since the driver was loaded.
        device: u32,
    }
    /// `AddDevice` has failed; what it did is undone.
    AddDeviceFailed: Error, [LIFECYCLE | ERROR], Info {
        /// What `AddDevice` answered.
        status: NtStatus,
    }
    /// `IRP_MN_START_DEVICE` has succeeded: requests pass.
    DeviceStarted: Information, [LIFECYCLE], Info {
        /// The device.
        device: u32,
        /// `idVendor`
        vendor_id: Hex16,
        /// `idProduct`
        product_id: Hex16,
        /// How many pipes the selected configuration has.
        pipes: u32,
    }
    /// `IRP_MN_START_DEVICE` has failed; what it did is undone.
    StartFailed: Error, [LIFECYCLE | ERROR], Info {
        /// The device.
        device: u32,
        /// What START completes with.
        status: NtStatus,
        ;
        /// The step that failed: `lower drivers`, `device descriptor`, `configuration descriptor`, `select
        /// configuration`, `pipes`, `interface`.
        step
    }
    /// A descriptor of the device cannot be used.
    DescriptorRefused: Error, [LIFECYCLE | ERROR], Info {
        /// The device.
        device: u32,
        ;
        /// Why, as `Refusal` in `crates/core/src/descriptors` names it.
        reason
    }
    /// `IRP_MN_STOP_DEVICE`: the pipes are dropped.
    DeviceStopped: Information, [LIFECYCLE], Info {
        /// The device.
        device: u32,
    }
    /// `IRP_MN_SURPRISE_REMOVAL`: the device is gone.
    SurpriseRemoval: Information, [LIFECYCLE], Info {
        /// The device.
        device: u32,
    }
    /// `IRP_MN_REMOVE_DEVICE` has come.
    RemoveStart: Information, [LIFECYCLE], Start {
        /// The device.
        device: u32,
    }
    /// A stage of `IRP_MN_REMOVE_DEVICE` is over. The stage that is missing is the one that hangs.
    RemoveStage: Information, [LIFECYCLE], Info {
        /// The device.
        device: u32,
        /// How long the stage took.
        microseconds: u64,
        ;
        /// `drain` (no request and no URB is left), `close` (the `USBD_HANDLE`), `forward`, `wait` (nobody else holds the
        /// remove lock).
        stage
    }
    /// The device is detached and is deleted next: the last that is heard of it.
    RemoveStop: Information, [LIFECYCLE], Stop {
        /// The device.
        device: u32,
        /// How long it took to detach.
        microseconds: u64,
    }
    /// The owner of a `USBD_HANDLE` was dropped while the handle was open: it is leaked, not closed under a user.
    HandleDroppedOpen: Error, [LIFECYCLE | ERROR], Info {}
    /// The system or the device changes its power state, or the system asks whether it may.
    ///
    /// For the system, and for D0, when the drivers below are done with the IRP; for a lower state of the device, when nothing
    /// is in flight and the IRP goes down.
    PowerTransition: Information, [POWER], Info {
        /// The device.
        device: u32,
        /// `SYSTEM_POWER_STATE` or `DEVICE_POWER_STATE`.
        state: u32,
        /// How it went.
        status: NtStatus,
        ;
        /// `system query`, `system set` or `device set`.
        kind
    }
    /// A step of idle detection or wait-wake.
    PowerStep: Information, [POWER], Info {
        /// The device.
        device: u32,
        /// How it went.
        status: NtStatus,
        ;
        /// `idle submitted`, `idle callback`, `idle ended`, `wake armed`, `wake ended`.
        step
    }
    /// A power request failed; the driver goes on without.
    PowerFailed: Error, [POWER | ERROR], Info {
        /// The device.
        device: u32,
        /// How it failed.
        status: NtStatus,
        ;
        /// What was tried: `reach D0`, `request D0`, `request the state for the system`, `suspend`, `arm wake`,
        /// `submit idle notification`.
        step
    }
    /// A request is on its way to the device.
    ///
    /// STOP and sleep call requests back, and such a request starts again later under its number: each `TransferStart` has a
    /// `TransferStop` of its own.
    TransferStart: Verbose, [TRANSFER], Start {
        /// The device.
        device: u32,
        /// The request's number among the device's requests.
        request: u64,
        /// The endpoint's address; 0 is the default pipe.
        endpoint: Hex8,
        /// Bytes to move.
        length: u32,
    }
    /// A request is back: over, called back to start again, or kept until its halted pipe is reset.
    TransferStop: Verbose, [TRANSFER], Stop {
        /// The device.
        device: u32,
        /// The request's number.
        request: u64,
        /// The endpoint's address.
        endpoint: Hex8,
        /// Bytes moved.
        moved: u32,
        /// What the caller is told.
        status: NtStatus,
    }
    /// A request failed below, for another reason than that it was cancelled.
    TransferFailed: Warning, [TRANSFER | ERROR], Info {
        /// The device.
        device: u32,
        /// The request's number.
        request: u64,
        /// The endpoint's address.
        endpoint: Hex8,
        /// `USBD_STATUS` of the URB.
        usbd_status: Hex32,
        /// What the caller is told.
        status: NtStatus,
    }
    /// `IRP_MJ_CREATE`, however it ends.
    FileOpen: Information, [FILE], Info {
        /// The device.
        device: u32,
        /// What the caller is told.
        status: NtStatus,
    }
    /// `IRP_MJ_CLEANUP`: the last handle of a file is closed.
    FileCleanup: Information, [FILE], Info {
        /// The device.
        device: u32,
    }
    /// `IRP_MJ_CLOSE`: the last request of a file is over.
    FileClose: Information, [FILE], Info {
        /// The device.
        device: u32,
    }
    /// An interface is claimed, or the claim is refused.
    InterfaceClaim: Information, [FILE], Info {
        /// The device.
        device: u32,
        /// `bInterfaceNumber`
        interface: u8,
        /// What the caller is told.
        status: NtStatus,
    }
    /// A claimed interface is free again, because its handle or its file was closed.
    InterfaceRelease: Information, [FILE], Info {
        /// The device.
        device: u32,
        /// `bInterfaceNumber`
        interface: u8,
    }
    /// A policy is set, or that is refused.
    PolicySet: Information, [POLICY], Info {
        /// The device.
        device: u32,
        /// The endpoint's address; 0 is the default pipe, or the device.
        endpoint: Hex8,
        /// The policy's number.
        policy: u32,
        /// Its value.
        value: u32,
        /// What the caller is told.
        status: NtStatus,
    }
    /// A file has restricted itself.
    PrivilegesDropped: Information, [POLICY | FILE], Info {
        /// The device.
        device: u32,
        /// The operations that are left.
        operations: Hex32,
    }
    /// The configuration, an alternate setting, streams, a pipe or the port was changed, or that failed.
    DeviceChange: Information, [POLICY | LIFECYCLE], Info {
        /// The device.
        device: u32,
        /// How it went.
        status: NtStatus,
        ;
        /// `select configuration`, `select interface`, `open streams`, `close streams`, `reset pipe`, `reset port`,
        /// `cycle port`.
        change
    }
}

// A bit each in a mask.
const _: () = assert!(ALL.len() <= 64);
