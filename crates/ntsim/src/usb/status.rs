//! How a request ended, in both of its statuses.

use nt_trace::NtStatus;
use usb_models::Status;

use crate::abi::{
    status::{
        STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_DEVICE_BUSY, STATUS_INSUFFICIENT_RESOURCES,
        STATUS_INVALID_LEVEL, STATUS_INVALID_PARAMETER, STATUS_IO_TIMEOUT, STATUS_NO_SUCH_DEVICE,
        STATUS_NOT_SUPPORTED, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
    },
    usbd_status::{
        USBD_STATUS_BUFFER_TOO_SMALL, USBD_STATUS_CANCELED, USBD_STATUS_DATA_OVERRUN,
        USBD_STATUS_DEVICE_GONE, USBD_STATUS_ERROR_BUSY, USBD_STATUS_INSUFFICIENT_RESOURCES,
        USBD_STATUS_INTERFACE_NOT_FOUND, USBD_STATUS_INVALID_CONFIGURATION_DESCRIPTOR,
        USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_PIPE_HANDLE, USBD_STATUS_INVALID_URB_FUNCTION,
        USBD_STATUS_NOT_SUPPORTED, USBD_STATUS_STALL_PID, USBD_STATUS_SUCCESS, USBD_STATUS_TIMEOUT,
        USBD_STATUS_XACT_ERROR,
    },
};
use crate::{mem::BadAccess, stop::Stop};

/// `BUGCODE_USB_DRIVER`
pub(super) const BUGCODE_USB_DRIVER: u32 = 0xFE;
/// `BUGCODE_USB3_DRIVER`
pub(super) const BUGCODE_USB3_DRIVER: u32 = 0x144;

/// Why a request is not carried out.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is completed with an error.
    Refused(Outcome),
    /// The machine stops.
    Stopped(Stop),
}

impl Refusal {
    /// Completed with a USBD status.
    pub const fn usbd(usbd: u32) -> Self {
        Self::Refused(Outcome::new(usbd, 0))
    }
}

impl From<Stop> for Refusal {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<BadAccess> for Refusal {
    fn from(bad: BadAccess) -> Self {
        Self::Stopped(bad.into())
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// `USBD_STATUS_*`
    pub usbd: u32,
    /// What the IRP is completed with.
    pub status: NtStatus,
    /// Bytes moved.
    pub length: u32,
}

impl Outcome {
    pub const SUCCESS: Self = Self::new(USBD_STATUS_SUCCESS, 0);
    pub const CANCELLED: Self = Self::new(USBD_STATUS_CANCELED, 0);
    pub const GONE: Self = Self::new(USBD_STATUS_DEVICE_GONE, 0);
    /// A request that is documented for `PASSIVE_LEVEL` came at another.
    pub const INVALID_LEVEL: Self =
        Self { usbd: USBD_STATUS_INVALID_PARAMETER, status: STATUS_INVALID_LEVEL, length: 0 };

    /// The NTSTATUS that goes with a USBD status.
    pub const fn new(usbd: u32, length: u32) -> Self {
        let status = match usbd {
            USBD_STATUS_SUCCESS => STATUS_SUCCESS,
            USBD_STATUS_CANCELED => STATUS_CANCELLED,
            USBD_STATUS_DEVICE_GONE => STATUS_NO_SUCH_DEVICE,
            USBD_STATUS_NOT_SUPPORTED => STATUS_NOT_SUPPORTED,
            USBD_STATUS_INSUFFICIENT_RESOURCES => STATUS_INSUFFICIENT_RESOURCES,
            USBD_STATUS_TIMEOUT => STATUS_IO_TIMEOUT,
            USBD_STATUS_ERROR_BUSY => STATUS_DEVICE_BUSY,
            USBD_STATUS_BUFFER_TOO_SMALL => STATUS_BUFFER_TOO_SMALL,
            USBD_STATUS_INVALID_PARAMETER
            | USBD_STATUS_INVALID_PIPE_HANDLE
            | USBD_STATUS_INVALID_URB_FUNCTION
            | USBD_STATUS_INVALID_CONFIGURATION_DESCRIPTOR
            | USBD_STATUS_INTERFACE_NOT_FOUND => STATUS_INVALID_PARAMETER,
            _ => STATUS_UNSUCCESSFUL,
        };
        Self { usbd, status, length }
    }

    /// How a transfer of the model ended. `gone`: the device was unplugged.
    pub const fn of(status: Status, length: u32, gone: bool) -> Self {
        let usbd = match status {
            Status::Ok => USBD_STATUS_SUCCESS,
            Status::Stall => USBD_STATUS_STALL_PID,
            Status::Overrun => USBD_STATUS_DATA_OVERRUN,
            Status::Gone if gone => USBD_STATUS_DEVICE_GONE,
            // The endpoint went away under it: another configuration or setting, or a reset.
            Status::Gone => USBD_STATUS_CANCELED,
            _ => USBD_STATUS_XACT_ERROR,
        };
        Self::new(usbd, length)
    }
}
