//! Statuses of the USB driver stack.

use std::fmt;

use super::ErrorKind;

/// How the USB driver stack says that a packet or an URB ended (`USBD_STATUS`).
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_urb_header>
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UsbdStatus(pub u32);

const TABLE: &[(u32, &str, ErrorKind)] = &[
    (0xC000_0001, "USBD_STATUS_CRC", ErrorKind::Other),
    (0xC000_0002, "USBD_STATUS_BTSTUFF", ErrorKind::Other),
    (0xC000_0003, "USBD_STATUS_DATA_TOGGLE_MISMATCH", ErrorKind::Other),
    (0xC000_0004, "USBD_STATUS_STALL_PID", ErrorKind::Stall),
    (0xC000_0005, "USBD_STATUS_DEV_NOT_RESPONDING", ErrorKind::Other),
    (0xC000_0006, "USBD_STATUS_PID_CHECK_FAILURE", ErrorKind::Other),
    (0xC000_0007, "USBD_STATUS_UNEXPECTED_PID", ErrorKind::Other),
    (0xC000_0008, "USBD_STATUS_DATA_OVERRUN", ErrorKind::Overrun),
    (0xC000_0009, "USBD_STATUS_DATA_UNDERRUN", ErrorKind::Other),
    (0xC000_000C, "USBD_STATUS_BUFFER_OVERRUN", ErrorKind::Overrun),
    (0xC000_000D, "USBD_STATUS_BUFFER_UNDERRUN", ErrorKind::Other),
    (0xC000_000F, "USBD_STATUS_NOT_ACCESSED", ErrorKind::Other),
    (0xC000_0010, "USBD_STATUS_FIFO", ErrorKind::Other),
    (0xC000_0011, "USBD_STATUS_XACT_ERROR", ErrorKind::Other),
    (0xC000_0012, "USBD_STATUS_BABBLE_DETECTED", ErrorKind::Overrun),
    (0xC000_0013, "USBD_STATUS_DATA_BUFFER_ERROR", ErrorKind::Other),
    (0xC000_0030, "USBD_STATUS_ENDPOINT_HALTED", ErrorKind::Stall),
    (0xC000_0A00, "USBD_STATUS_BAD_START_FRAME", ErrorKind::InvalidArgument),
    (0xC000_0B00, "USBD_STATUS_ISOCH_REQUEST_FAILED", ErrorKind::Other),
    (0xC000_7000, "USBD_STATUS_DEVICE_GONE", ErrorKind::Disconnected),
    (0xC001_0000, "USBD_STATUS_CANCELED", ErrorKind::Cancelled),
    (0xC002_0000, "USBD_STATUS_ISO_NOT_ACCESSED_BY_HW", ErrorKind::Other),
    (0xC003_0000, "USBD_STATUS_ISO_TD_ERROR", ErrorKind::Other),
    (0xC004_0000, "USBD_STATUS_ISO_NA_LATE_USBPORT", ErrorKind::Other),
    (0xC005_0000, "USBD_STATUS_ISO_NOT_ACCESSED_LATE", ErrorKind::Other),
];

impl UsbdStatus {
    /// `USBD_SUCCESS`: the upper two bits are no error.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 < 0x8000_0000
    }

    /// Its name, if it is known here.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        TABLE.iter().find(|row| row.0 == self.0).map(|row| row.1)
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        TABLE.iter().find(|row| row.0 == self.0).map_or(ErrorKind::Other, |row| row.2)
    }
}

impl fmt::Display for UsbdStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "USBD_STATUS {:#010x}", self.0),
        }
    }
}

impl fmt::Debug for UsbdStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
