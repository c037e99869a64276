//! Types and directions of endpoints, as types.

use usbclient_protocol::TransferType;

mod sealed {
    pub trait Sealed {}
}

/// The type of an endpoint.
pub trait Kind: sealed::Sealed + Send + Sync + 'static {
    /// Bits 0 and 1 of `bmAttributes`.
    const TYPE: TransferType;
}

/// A type whose transfers are bytes: all but isochronous.
pub trait Packets: Kind {}

/// The direction of an endpoint, as the host sees it.
pub trait Direction: sealed::Sealed + Send + Sync + 'static {
    /// Whether data comes from the device.
    const IS_IN: bool;
}

macro_rules! kinds {
    ($($(#[doc = $about:literal])* $name:ident: $type:ident $(, $packets:ident)?;)*) => {
        $(
            $(#[doc = $about])*
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}

            impl sealed::Sealed for $name {}

            impl Kind for $name {
                const TYPE: TransferType = TransferType::$type;
            }

            $(impl $packets for $name {})?
        )*
    };
}

kinds! {
    /// A bulk endpoint.
    Bulk: Bulk, Packets;
    /// An interrupt endpoint.
    Interrupt: Interrupt, Packets;
    /// An isochronous endpoint.
    Isochronous: Isochronous;
    /// One stream of a bulk endpoint.
    Streamed: Bulk, Packets;
}

/// From the device.
#[derive(Clone, Copy, Debug)]
pub enum In {}

/// To the device.
#[derive(Clone, Copy, Debug)]
pub enum Out {}

impl sealed::Sealed for In {}

impl sealed::Sealed for Out {}

impl Direction for In {
    const IS_IN: bool = true;
}

impl Direction for Out {
    const IS_IN: bool = false;
}
