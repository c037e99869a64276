//! Device control codes (winioctl.h): how they are put together, and those of the USB stack.

/// Input and output in one system buffer.
pub const METHOD_BUFFERED: u32 = 0;
/// Input in a system buffer, the other buffer locked for reading.
pub const METHOD_IN_DIRECT: u32 = 1;
/// Input in a system buffer, the other buffer locked for writing.
pub const METHOD_OUT_DIRECT: u32 = 2;
/// The driver gets the caller's pointers.
pub const METHOD_NEITHER: u32 = 3;

/// The handle must have been opened for reading.
pub const FILE_READ_ACCESS: u32 = 1;
/// The handle must have been opened for writing.
pub const FILE_WRITE_ACCESS: u32 = 2;

/// `CTL_CODE`.
#[must_use]
pub const fn ctl_code(device_type: u32, function: u32, method: u32, access: u32) -> u32 {
    (device_type << 16) | (access << 14) | (function << 2) | method
}

/// The `METHOD_*` of a code.
#[must_use]
pub const fn method(code: u32) -> u32 {
    code & 3
}

/// The `FILE_*_ACCESS` of a code.
#[must_use]
pub const fn access(code: u32) -> u32 {
    (code >> 14) & 3
}

/// `IOCTL_INTERNAL_USB_SUBMIT_URB` (usbioctl.h).
pub const IOCTL_INTERNAL_USB_SUBMIT_URB: u32 = 0x0022_0003;
pub const IOCTL_INTERNAL_USB_RESET_PORT: u32 = 0x0022_0007;
pub const IOCTL_INTERNAL_USB_GET_PORT_STATUS: u32 = 0x0022_0013;
pub const IOCTL_INTERNAL_USB_CYCLE_PORT: u32 = 0x0022_001F;
pub const IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION: u32 = 0x0022_0027;
