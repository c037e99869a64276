//! Why a descriptor cannot be used.

use usbclient_protocol::status::{STATUS_DEVICE_CONFIGURATION_ERROR, STATUS_DEVICE_PROTOCOL_ERROR, Status};

/// Why a descriptor cannot be used. START fails with its [`status`](Refusal::status).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The device gave fewer bytes than the descriptor has, or than `wTotalLength` promised.
    Truncated,
    /// A `bLength` is less than the fields of its kind, or less than 2.
    LengthTooSmall,
    /// A descriptor reaches past the end of the configuration.
    PastTheEnd,
    /// The descriptor is not of the kind that was asked for.
    WrongType,
    /// `bMaxPacketSize0` is zero.
    NoPacketSize0,
    /// The configuration has no interface.
    NoInterface,
    /// The configuration has more than 32 interfaces.
    TooManyInterfaces,
    /// An interface is described twice with alternate setting 0.
    DuplicateInterface,
    /// An interface has no alternate setting 0.
    NoAlternateZero,
    /// An endpoint comes before the first interface.
    EndpointOutsideInterface,
    /// `bNumEndpoints` is not the number of endpoints that follow.
    EndpointCount,
    /// An endpoint has number 0 or reserved bits in its address.
    EndpointAddress,
    /// Two endpoints have the same address.
    DuplicateEndpoint,
    /// The packet size of a control, bulk or interrupt endpoint is zero, or one is larger than 1024.
    PacketSize,
}

impl Refusal {
    /// `STATUS_DEVICE_PROTOCOL_ERROR` if the bytes do not make up descriptors, `STATUS_DEVICE_CONFIGURATION_ERROR` if
    /// they describe a device that cannot be.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Truncated | Self::LengthTooSmall | Self::PastTheEnd | Self::WrongType => {
                STATUS_DEVICE_PROTOCOL_ERROR
            }
            _ => STATUS_DEVICE_CONFIGURATION_ERROR,
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        refusal.status()
    }
}
