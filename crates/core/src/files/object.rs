//! What a handle stands for: one type for each kind, so that a handle of one kind cannot be used where another is
//! needed.

use crate::descriptors::Endpoint;

/// What a handle of a device's table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// Of `CLAIM_INTERFACE`.
    Interface(ClaimedInterface),
    /// Of `OPEN_PIPE`.
    Pipe(OpenPipe),
    /// Of `OPEN_STREAMS`.
    Stream(OpenStream),
}

impl Object {
    /// `bInterfaceNumber` of the interface that it is, or is of.
    #[must_use]
    pub const fn interface(&self) -> u8 {
        match *self {
            Self::Interface(ClaimedInterface { number }) => number,
            Self::Pipe(OpenPipe { interface, .. }) | Self::Stream(OpenStream { interface, .. }) => interface,
        }
    }
}

/// An interface that a file has claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedInterface {
    /// `bInterfaceNumber`
    pub number: u8,
}

/// A pipe of an interface that a file has claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPipe {
    /// `bInterfaceNumber`
    pub interface: u8,
    /// `bEndpointAddress`
    pub endpoint: u8,
}

impl OpenPipe {
    /// Whether this is the pipe of the endpoint.
    #[must_use]
    #[expect(
        clippy::suspicious_operation_groupings,
        reason = "an endpoint has an address, a pipe names the endpoint"
    )]
    pub const fn is(&self, endpoint: &Endpoint) -> bool {
        endpoint.address == self.endpoint && endpoint.interface == self.interface
    }
}

/// A stream of a bulk pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenStream {
    /// `bInterfaceNumber`
    pub interface: u8,
    /// `bEndpointAddress`
    pub endpoint: u8,
    /// The stream's id: 1 to 255.
    pub id: u8,
}
