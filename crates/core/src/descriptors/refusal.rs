//! Why a descriptor cannot be used.

use core::ffi::CStr;

use usbclient_protocol::status::{
    STATUS_DEVICE_CONFIGURATION_ERROR, STATUS_DEVICE_PROTOCOL_ERROR, STATUS_INVALID_PARAMETER, Status,
};

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
    /// An alternate setting of an interface is described twice.
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
    /// A `SuperSpeed` companion has a burst above 16 packets, more than 65536 streams or more than three bursts in an
    /// interval, or says that another companion follows, which does not.
    Companion,
    /// `bNumDeviceCaps` is not the number of device capabilities that follow.
    CapabilityCount,
    /// A string descriptor ends inside a UTF-16 unit.
    OddLength,
    /// The configuration has no such alternate setting: not the device's fault, but the asker's.
    NoSuchSetting,
}

impl Refusal {
    /// `STATUS_DEVICE_PROTOCOL_ERROR` if the bytes do not make up descriptors, `STATUS_DEVICE_CONFIGURATION_ERROR` if
    /// they describe a device that cannot be, `STATUS_INVALID_PARAMETER` if something was asked for that is not there.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Truncated | Self::LengthTooSmall | Self::PastTheEnd | Self::WrongType | Self::OddLength => {
                STATUS_DEVICE_PROTOCOL_ERROR
            }
            Self::NoSuchSetting => STATUS_INVALID_PARAMETER,
            _ => STATUS_DEVICE_CONFIGURATION_ERROR,
        }
    }
}

impl Refusal {
    /// The variant's name, for event tracing.
    #[must_use]
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::Truncated => c"Truncated",
            Self::LengthTooSmall => c"LengthTooSmall",
            Self::PastTheEnd => c"PastTheEnd",
            Self::WrongType => c"WrongType",
            Self::NoPacketSize0 => c"NoPacketSize0",
            Self::NoInterface => c"NoInterface",
            Self::TooManyInterfaces => c"TooManyInterfaces",
            Self::DuplicateInterface => c"DuplicateInterface",
            Self::NoAlternateZero => c"NoAlternateZero",
            Self::EndpointOutsideInterface => c"EndpointOutsideInterface",
            Self::EndpointCount => c"EndpointCount",
            Self::EndpointAddress => c"EndpointAddress",
            Self::DuplicateEndpoint => c"DuplicateEndpoint",
            Self::PacketSize => c"PacketSize",
            Self::Companion => c"Companion",
            Self::CapabilityCount => c"CapabilityCount",
            Self::OddLength => c"OddLength",
            Self::NoSuchSetting => c"NoSuchSetting",
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        refusal.status()
    }
}
