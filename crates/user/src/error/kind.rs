//! Kinds of errors.

use std::{fmt, io};

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such device, interface, endpoint or string.
    NotFound,
    /// No device with this driver is installed, or this system has no such devices.
    NotInstalled,
    /// The file was opened without the access, the system refuses it, or the privilege was dropped.
    AccessDenied,
    /// Another file, or another part of this program, has claimed it or uses it.
    Busy,
    /// The device was unplugged or removed.
    Disconnected,
    /// The device has not started, or its start failed.
    NotReady,
    /// The device refuses: it answered STALL, or the transfer failed on the bus in another way.
    ///
    /// The USB driver stack reports most failures on the bus with one status, `STATUS_UNSUCCESSFUL`. Which it was is in
    /// the driver's event `TransferFailed` ([`Context::events`](crate::Context::events)).
    Stall,
    /// The time was over.
    TimedOut,
    /// It was cancelled: by this program, by an abort of the pipe, or because the pipe was to be reset.
    Cancelled,
    /// An argument is wrong.
    InvalidArgument,
    /// What the endpoint, stream or claim stood for has ended: another setting or configuration was selected, or it was
    /// given back.
    Stale,
    /// It cannot be done now: a reader runs already, streams are open already, requests are in flight.
    InvalidState,
    /// The device, the controller, the USB driver stack or this system cannot do it.
    NotSupported,
    /// There is no memory.
    NoMemory,
    /// The device sent more than was asked for.
    Overrun,
    /// The device sent something that cannot be understood: a descriptor that is none.
    InvalidData,
    /// The simulated kernel has stopped, or a rule was violated in it.
    Simulator,
    /// Anything else: see the code.
    Other,
}

impl ErrorKind {
    /// The kind of [`std::io`] that is nearest.
    pub(super) const fn for_io(self) -> io::ErrorKind {
        match self {
            Self::NotFound | Self::NotInstalled => io::ErrorKind::NotFound,
            Self::AccessDenied => io::ErrorKind::PermissionDenied,
            Self::Busy => io::ErrorKind::ResourceBusy,
            Self::Disconnected => io::ErrorKind::NotConnected,
            Self::TimedOut => io::ErrorKind::TimedOut,
            Self::Cancelled => io::ErrorKind::ConnectionAborted,
            Self::InvalidArgument => io::ErrorKind::InvalidInput,
            Self::NotSupported => io::ErrorKind::Unsupported,
            Self::NoMemory => io::ErrorKind::OutOfMemory,
            Self::InvalidData | Self::Overrun => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::NotInstalled => "no device with this driver is installed",
            Self::AccessDenied => "access denied",
            Self::Busy => "in use by somebody else",
            Self::Disconnected => "the device is gone",
            Self::NotReady => "the device is not ready",
            Self::Stall => "the device refused it",
            Self::TimedOut => "the time was over",
            Self::Cancelled => "cancelled",
            Self::InvalidArgument => "an argument is wrong",
            Self::Stale => "what it was for has ended",
            Self::InvalidState => "not possible in this state",
            Self::NotSupported => "not supported",
            Self::NoMemory => "no memory",
            Self::Overrun => "the device sent too much",
            Self::InvalidData => "the device sent something that cannot be understood",
            Self::Simulator => "the simulated kernel",
            Self::Other => "it failed",
        })
    }
}
