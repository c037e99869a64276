//! Control codes, built as `CTL_CODE` does.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/defining-i-o-control-codes>

/// The device type in every code: from the range 0x8000 to 0xFFFF, which Microsoft leaves to vendors.
pub const DEVICE_TYPE: u32 = 0x8B5C;

/// How the I/O manager hands over the buffers (the low two bits of a code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `METHOD_BUFFERED`: one system buffer for input and output.
    Buffered = 0,
    /// `METHOD_IN_DIRECT`: input in the system buffer; the second buffer is locked for reading, by an MDL.
    InDirect = 1,
    /// `METHOD_OUT_DIRECT`: input in the system buffer; the second buffer is locked for writing, by an MDL.
    OutDirect = 2,
    /// `METHOD_NEITHER`: the caller's raw addresses. No code of this interface uses it.
    Neither = 3,
}

/// The access that the file must have been opened with; the I/O manager checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// `FILE_ANY_ACCESS`. No code of this interface uses it.
    Any = 0,
    /// `FILE_READ_ACCESS`.
    Read = 1,
    /// `FILE_WRITE_ACCESS`.
    Write = 2,
    /// `FILE_READ_ACCESS | FILE_WRITE_ACCESS`.
    ReadWrite = 3,
}

/// `CTL_CODE(device_type, function, method, access)`; `function` has 12 bits, vendors use 0x800 and up.
#[must_use]
pub const fn ctl_code(device_type: u32, function: u32, method: Method, access: Access) -> u32 {
    (device_type << 16) | ((access as u32) << 14) | ((function & 0xFFF) << 2) | method as u32
}

/// The method in a control code.
#[must_use]
pub const fn method(code: u32) -> Method {
    match code & 3 {
        0 => Method::Buffered,
        1 => Method::InDirect,
        2 => Method::OutDirect,
        _ => Method::Neither,
    }
}

/// The access in a control code.
#[must_use]
pub const fn access(code: u32) -> Access {
    match (code >> 14) & 3 {
        0 => Access::Any,
        1 => Access::Read,
        2 => Access::Write,
        _ => Access::ReadWrite,
    }
}

/// Reads the device descriptor that START read.
pub const GET_DEVICE_DESCRIPTOR: u32 = ctl_code(DEVICE_TYPE, 0x800, Method::Buffered, Access::Read);
/// Reads the configuration descriptor that START read.
pub const GET_CONFIGURATION_DESCRIPTOR: u32 = ctl_code(DEVICE_TYPE, 0x801, Method::Buffered, Access::Read);
/// Lists the pipes of the selected configuration.
pub const GET_PIPES: u32 = ctl_code(DEVICE_TYPE, 0x802, Method::Buffered, Access::Read);
/// A control transfer whose data comes from the device.
pub const CONTROL_IN: u32 = ctl_code(DEVICE_TYPE, 0x810, Method::OutDirect, Access::Read);
/// A control transfer whose data goes to the device, or that has none.
pub const CONTROL_OUT: u32 = ctl_code(DEVICE_TYPE, 0x811, Method::InDirect, Access::Write);
/// Reads from a bulk or interrupt IN endpoint.
pub const PIPE_READ: u32 = ctl_code(DEVICE_TYPE, 0x820, Method::OutDirect, Access::Read);
/// Writes to a bulk or interrupt OUT endpoint.
pub const PIPE_WRITE: u32 = ctl_code(DEVICE_TYPE, 0x821, Method::InDirect, Access::Write);
/// Cancels everything that is in flight on a pipe, whoever sent it.
pub const ABORT_PIPE: u32 = ctl_code(DEVICE_TYPE, 0x830, Method::Buffered, Access::Write);
/// Clears a halt of the endpoint and resets its data toggle on both sides.
pub const RESET_PIPE: u32 = ctl_code(DEVICE_TYPE, 0x831, Method::Buffered, Access::Write);

/// Every code of the interface, in the order of the table.
pub const ALL: [u32; 9] = [
    GET_DEVICE_DESCRIPTOR,
    GET_CONFIGURATION_DESCRIPTOR,
    GET_PIPES,
    CONTROL_IN,
    CONTROL_OUT,
    PIPE_READ,
    PIPE_WRITE,
    ABORT_PIPE,
    RESET_PIPE,
];
