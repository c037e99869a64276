//! How a request ended, in both of its statuses.

use usb_models::Status;

use super::status;
use crate::nt::status::{
    NTSTATUS, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_DEVICE_BUSY, STATUS_DEVICE_NOT_CONNECTED,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_IO_TIMEOUT, STATUS_NOT_SUPPORTED,
    STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `USBD_STATUS`
    pub usbd: u32,
    /// Bytes moved.
    pub length: u32,
}

impl Outcome {
    /// It was done.
    pub const SUCCESS: Self = Self::new(status::SUCCESS, 0);

    /// An end with a status.
    pub const fn new(usbd: u32, length: u32) -> Self {
        Self { usbd, length }
    }

    /// How a transfer of the model ended. `gone`: the device was unplugged.
    pub const fn of(ended: Status, length: u32, gone: bool) -> Self {
        let usbd = match ended {
            Status::Ok => status::SUCCESS,
            Status::Stall => status::STALL_PID,
            Status::Overrun => status::DATA_OVERRUN,
            Status::Gone if gone => status::DEVICE_GONE,
            // The endpoint went away under it: another configuration or setting, or a reset.
            Status::Gone => status::CANCELED,
            _ => status::XACT_ERROR,
        };
        Self::new(usbd, length)
    }

    /// What the IRP is completed with.
    pub const fn status(self) -> NTSTATUS {
        match self.usbd {
            status::SUCCESS => STATUS_SUCCESS,
            status::CANCELED => STATUS_CANCELLED,
            status::DEVICE_GONE => STATUS_DEVICE_NOT_CONNECTED,
            status::NOT_SUPPORTED => STATUS_NOT_SUPPORTED,
            status::INSUFFICIENT_RESOURCES => STATUS_INSUFFICIENT_RESOURCES,
            status::TIMEOUT => STATUS_IO_TIMEOUT,
            status::ERROR_BUSY => STATUS_DEVICE_BUSY,
            status::BUFFER_TOO_SMALL => STATUS_BUFFER_TOO_SMALL,
            status::INVALID_PARAMETER
            | status::INVALID_PIPE_HANDLE
            | status::INVALID_URB_FUNCTION
            | status::INVALID_CONFIGURATION_DESCRIPTOR
            | status::INTERFACE_NOT_FOUND => STATUS_INVALID_PARAMETER,
            _ => STATUS_UNSUCCESSFUL,
        }
    }
}

/// A request that is refused with a `USBD_STATUS`, or done at once with success.
pub type Refused = u32;
