//! Which device control requests are well-formed, and what they ask for.
//!
//! The table of codes, lengths and statuses is that of [`usbclient_protocol`]. Everything is checked against the
//! lengths that the I/O manager gives; the caller's data buffer is never read here.
//!
//! | module | what it decodes |
//! |---|---|
//! | `decode` | the code: which request it is |
//! | `lengths` | how long input and output must be |
//! | `target` | which pipe is meant |
//! | `transfers` | what moves data |
//! | `configuration` | what is selected, claimed and opened |

mod configuration;
mod decode;
mod lengths;
mod target;
mod transfers;

pub use decode::{Limits, decode};
pub(crate) use lengths::input_is;
pub(crate) use target::find;
pub use transfers::named_timeout;
use usbclient_protocol::SetupPacket;

use crate::{descriptors::Endpoint, files::Rights, reader::Reading};

/// What the stack location and the system buffer of an `IRP_MJ_DEVICE_CONTROL` say.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/buffer-descriptions-for-i-o-control-codes>
#[derive(Clone, Copy, Debug)]
pub struct DeviceControl<'a> {
    /// `IoControlCode`
    pub code: u32,
    /// The system buffer, `InputBufferLength` bytes of it.
    pub input: &'a [u8],
    /// `OutputBufferLength`: of the system buffer, or of the MDL with the direct methods.
    pub output_length: usize,
}

/// Where data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the device.
    In,
    /// To the device.
    Out,
}

/// A request that is well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Copy the device descriptor (18 bytes) to the system buffer.
    GetDeviceDescriptor,
    /// Copy as much of the configuration descriptor as fits to the system buffer.
    GetConfigurationDescriptor {
        /// Bytes of the system buffer for it.
        room: usize,
    },
    /// Write the list of pipes to the system buffer.
    GetPipes {
        /// Bytes of the system buffer for it.
        room: usize,
    },
    /// A control transfer of `setup.length` bytes. The MDL is NULL if that is zero.
    Control {
        /// The setup packet.
        setup: SetupPacket,
        /// Where the data goes.
        direction: Direction,
        /// Milliseconds until it is given up; zero: as the default pipe's policy says.
        timeout_ms: u32,
    },
    /// A bulk or interrupt transfer. The MDL is NULL if `length` is zero.
    Transfer {
        /// The endpoint.
        endpoint: Endpoint,
        /// Where the data goes.
        direction: Direction,
        /// Bytes.
        length: u32,
        /// Milliseconds until it is given up; zero: as the pipe's policy says.
        timeout_ms: u32,
        /// The stream's id; zero: the pipe itself.
        stream: u8,
    },
    /// An isochronous transfer. [`Isoch::decode`](crate::isoch::Isoch::decode) checks the rest.
    Isoch {
        /// The endpoint.
        endpoint: Endpoint,
        /// Where the data goes.
        direction: Direction,
    },
    /// Write the number of the present frame to the system buffer.
    GetFrameNumber,
    /// Cancel everything on the pipe.
    AbortPipe {
        /// The endpoint.
        endpoint: Endpoint,
        /// Only what is on the stream with this id; zero: everything.
        stream: u8,
    },
    /// Open streams of a bulk endpoint and write their handles to the system buffer, which has room for them.
    OpenStreams {
        /// The endpoint.
        endpoint: Endpoint,
        /// How many.
        count: u32,
    },
    /// Close the streams of an endpoint.
    CloseStreams {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Clear a halt and reset the data toggle.
    ResetPipe {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Reset the port.
    ResetPort,
    /// Make the device appear anew.
    CyclePort,
    /// Select an alternate setting.
    SelectInterface {
        /// `bInterfaceNumber`; whether there is such an interface is looked at later.
        interface: u32,
        /// `bAlternateSetting`
        alternate: u8,
    },
    /// Select a configuration.
    SelectConfiguration {
        /// `bConfigurationValue`
        value: u8,
    },
    /// Copy the list of interfaces to the system buffer.
    GetInterfaces,
    /// Copy what is known about the device to the system buffer.
    GetDeviceInfo,
    /// Claim an interface, if there is one with this number.
    ClaimInterface {
        /// `bInterfaceNumber`
        interface: u8,
    },
    /// Give out a handle for a pipe of a claimed interface.
    OpenPipe {
        /// The handle of the interface.
        interface: u32,
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Take a handle back.
    CloseHandle {
        /// What the caller says that it is.
        handle: u32,
    },
    /// Restrict the file to this.
    DropPrivileges(Rights),
    /// Drop what was received and not read.
    FlushPipe {
        /// The endpoint, an IN endpoint.
        endpoint: Endpoint,
    },
    /// Keep reads outstanding, into a ring.
    StartReader {
        /// The endpoint, a bulk or interrupt IN endpoint.
        endpoint: Endpoint,
        /// What the reader is to be.
        reading: Reading,
    },
    /// End continuous reading.
    StopReader {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Tell how continuous reading goes.
    GetReaderState {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Change a policy.
    SetPolicy {
        /// The endpoint; `None` is the default pipe, or the device.
        endpoint: Option<Endpoint>,
        /// One of [`usbclient_protocol::policy`].
        policy: u32,
        /// What is set.
        value: u32,
    },
    /// Tell a policy.
    GetPolicy {
        /// The endpoint; `None` is the default pipe, or the device.
        endpoint: Option<Endpoint>,
        /// One of [`usbclient_protocol::policy`].
        policy: u32,
    },
}

impl Request {
    /// Whether this driver answers it out of its memory, whatever state the device is in: a suspended device sleeps on.
    #[must_use]
    pub const fn is_answered_from_memory(&self) -> bool {
        match self {
            Self::GetDeviceDescriptor
            | Self::GetConfigurationDescriptor { .. }
            | Self::GetPipes { .. }
            | Self::GetInterfaces
            | Self::GetDeviceInfo
            | Self::GetPolicy { .. }
            | Self::SetPolicy { .. }
            | Self::FlushPipe { .. }
            | Self::GetReaderState { .. }
            | Self::ClaimInterface { .. }
            | Self::OpenPipe { .. }
            | Self::CloseHandle { .. }
            | Self::DropPrivileges(_) => true,
            Self::Transfer { .. }
            | Self::Isoch { .. }
            | Self::Control { .. }
            | Self::GetFrameNumber
            | Self::AbortPipe { .. }
            | Self::ResetPipe { .. }
            | Self::StartReader { .. }
            | Self::StopReader { .. }
            | Self::OpenStreams { .. }
            | Self::CloseStreams { .. }
            | Self::ResetPort
            | Self::CyclePort
            | Self::SelectInterface { .. }
            | Self::SelectConfiguration { .. } => false,
        }
    }
}
