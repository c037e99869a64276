//! Control codes, built as `CTL_CODE` does.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/defining-i-o-control-codes>

use crate::{
    ConfigurationSelect, ControlTransfer, DescriptorRequest, DropPrivileges, HandleSelect, InterfaceSelect,
    IsochTransfer, Layout, PipeOpen, PipeSelect, PipeTransfer, PolicyGet, PolicySet, ReaderStart,
    SettingSelect, StreamsOpen,
};

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

/// One control code of the interface.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: u32,
    /// What it does, one line after another.
    pub about: &'static [&'static str],
    /// What the first buffer holds; `None`: it must be empty.
    pub input: Option<Layout>,
    /// What the second buffer holds afterwards, or before for data that go to the device.
    pub output: &'static str,
    /// The statuses of its own, and when.
    pub statuses: &'static [(&'static str, &'static str)],
}

/// Declares the codes and the table of them.
macro_rules! codes {
    ($(
        $(#[doc = $about:literal])*
        $name:ident = $function:literal, $method:ident, $access:ident {
            input: $input:expr,
            output: $output:literal,
            $($status:ident: $when:literal,)*
        }
    )*) => {
        $($(#[doc = $about])*
        pub const $name: u32 = ctl_code(DEVICE_TYPE, $function, Method::$method, Access::$access);)*

        /// A code by its name: what is decided for each code is a `match` that forgets none.
        #[expect(non_camel_case_types, reason = "the names of the codes")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Name {
            $($(#[doc = $about])* $name,)*
        }

        impl Name {
            /// The code with this value.
            #[must_use]
            pub const fn of(value: u32) -> Option<Self> {
                match value {
                    $($name => Some(Self::$name),)*
                    _ => None,
                }
            }
        }

        /// Every code of the interface, in the order of the table.
        pub const ALL: [u32; TABLE.len()] = [$($name),*];

        /// What each code is.
        pub const TABLE: &[Code] = &[$(Code {
            name: stringify!($name),
            value: $name,
            about: &[$($about),*],
            input: $input,
            output: $output,
            statuses: &[$((stringify!($status), $when)),*],
        }),*];
    };
}

codes! {
    /// Reads the device descriptor that START read.
    GET_DEVICE_DESCRIPTOR = 0x800, Buffered, Read {
        input: None,
        output: "the 18 bytes of the device descriptor",
        BUFFER_TOO_SMALL: "less than 18 bytes",
    }
    /// Reads the configuration descriptor that is selected.
    GET_CONFIGURATION_DESCRIPTOR = 0x801, Buffered, Read {
        input: None,
        output: "as many bytes as fit; bytes 2 and 3 (`wTotalLength`) tell how many there are",
        BUFFER_TOO_SMALL: "less than 9 bytes",
    }
    /// Lists the pipes of the selected settings.
    GET_PIPES = 0x802, Buffered, Read {
        input: None,
        output: "`PipeListHeader`, then as many whole `PipeEntry` as fit",
        BUFFER_TOO_SMALL: "no room for the header",
        BUFFER_OVERFLOW: "not all entries fitted",
    }
    /// Lists the interfaces of the configuration, and who has claimed them.
    GET_INTERFACES = 0x803, Buffered, Read {
        input: None,
        output: "`Count`, then as many whole `InterfaceEntry` as fit",
        BUFFER_TOO_SMALL: "no room for the header",
        BUFFER_OVERFLOW: "not all entries fitted",
    }
    /// Tells speed, capabilities and limits.
    GET_DEVICE_INFO = 0x804, Buffered, Read {
        input: None,
        output: "`DeviceInfo`",
        BUFFER_TOO_SMALL: "no room for it",
    }
    /// Asks the device for any descriptor.
    GET_DESCRIPTOR = 0x805, OutDirect, Read {
        input: Some(DescriptorRequest::LAYOUT),
        output: "data: the descriptor, as many bytes as fit",
        INVALID_PARAMETER: "a reserved field is not zero, or there is no such recipient",
        INVALID_BUFFER_SIZE: "no room, or more than one control transfer",
        SHARING_VIOLATION: "another file has claimed the interface that it is for, or whose endpoint it is for",
    }
    /// Tells the number of the present frame.
    GET_FRAME_NUMBER = 0x806, Buffered, Read {
        input: None,
        output: "`FrameNumber`",
        BUFFER_TOO_SMALL: "no room for it",
    }
    /// A control transfer whose data comes from the device.
    CONTROL_IN = 0x810, OutDirect, Read {
        input: Some(ControlTransfer::LAYOUT),
        output: "data: `wLength` bytes at most come from the device",
        INVALID_PARAMETER: "the direction bit says out, or the request belongs to the USB stack",
        INVALID_BUFFER_SIZE: "the data's length is not `wLength`, or more than one control transfer",
        IO_TIMEOUT: "the device did not answer in time",
        SHARING_VIOLATION: "another file has claimed the interface that it is for, or whose endpoint it is for",
    }
    /// A control transfer whose data goes to the device, or that has none.
    CONTROL_OUT = 0x811, InDirect, Write {
        input: Some(ControlTransfer::LAYOUT),
        output: "data: `wLength` bytes go to the device",
        INVALID_PARAMETER: "the direction bit says in, or the request belongs to the USB stack",
        INVALID_BUFFER_SIZE: "the data's length is not `wLength`, or more than one control transfer",
        IO_TIMEOUT: "the device did not answer in time",
        SHARING_VIOLATION: "another file has claimed the interface that it is for, or whose endpoint it is for",
    }
    /// Reads from a bulk or interrupt IN endpoint, or from a stream of one.
    PIPE_READ = 0x820, OutDirect, Read {
        input: Some(PipeTransfer::LAYOUT),
        output: "data: what the device sends; a short packet ends it",
        INVALID_PARAMETER: "no such endpoint, it is an OUT endpoint, or not bulk or interrupt",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's or stream's, or stale",
        INVALID_BUFFER_SIZE: "zero, or not a multiple of the packet size while the policy does not allow it",
        SHARING_VIOLATION: "another file has claimed the interface",
        IO_TIMEOUT: "it took too long; what arrived is counted",
    }
    /// Writes to a bulk or interrupt OUT endpoint, or to a stream of one.
    PIPE_WRITE = 0x821, InDirect, Write {
        input: Some(PipeTransfer::LAYOUT),
        output: "data: what goes to the device; no bytes is a zero-length packet",
        INVALID_PARAMETER: "no such endpoint, it is an IN endpoint, or not bulk or interrupt",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's or stream's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
        IO_TIMEOUT: "it took too long; what was moved is counted",
    }
    /// Reads from an isochronous IN endpoint.
    ISOCH_READ = 0x822, OutDirect, Read {
        input: Some(IsochTransfer::LAYOUT),
        output: "data, then `IsochResult` and the packets' results",
        INVALID_PARAMETER: "no such endpoint, it is not an isochronous IN endpoint, or packets that overlap, are out of order, too long or of a number that the period does not allow",
        NOT_SUPPORTED: "the USB driver stack does not say how fast the connection is",
        INVALID_HANDLE: "as for PIPE_READ",
        INVALID_BUFFER_SIZE: "no room for the results, or more than one transfer may have",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Writes to an isochronous OUT endpoint.
    ISOCH_WRITE = 0x823, OutDirect, Write {
        input: Some(IsochTransfer::LAYOUT),
        output: "data, then `IsochResult` and the packets' results",
        INVALID_PARAMETER: "no such endpoint, it is not an isochronous OUT endpoint, or packets that overlap, are out of order, too long or of a number that the period does not allow",
        NOT_SUPPORTED: "the USB driver stack does not say how fast the connection is",
        INVALID_HANDLE: "as for PIPE_READ",
        INVALID_BUFFER_SIZE: "no room for the results, or more than one transfer may have",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Keeps reads outstanding on an interrupt or bulk IN pipe, into a ring; `PIPE_READ` takes out of it.
    START_READER = 0x828, Buffered, Read {
        input: Some(ReaderStart::LAYOUT),
        output: "none",
        INVALID_PARAMETER: "no such endpoint, lengths that do not fit, an undefined flag",
        INVALID_DEVICE_STATE: "the pipe has a reader already",
        SHARING_VIOLATION: "another file has claimed the interface",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
    }
    /// Ends continuous reading; what the ring holds is lost.
    STOP_READER = 0x829, Buffered, Read {
        input: Some(PipeSelect::LAYOUT),
        output: "none",
        INVALID_DEVICE_STATE: "the pipe has no reader",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Tells how continuous reading goes.
    GET_READER_STATE = 0x82A, Buffered, Read {
        input: Some(PipeSelect::LAYOUT),
        output: "`ReaderState`",
        BUFFER_TOO_SMALL: "no room for it",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Cancels everything that is in flight on a pipe, whoever sent it.
    ABORT_PIPE = 0x830, Buffered, Write {
        input: Some(PipeSelect::LAYOUT),
        output: "none",
        INVALID_PARAMETER: "no such endpoint",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Cancels what is in flight on the pipe, clears a halt of the endpoint and resets its data toggle on both sides.
    RESET_PIPE = 0x831, Buffered, Write {
        input: Some(PipeSelect::LAYOUT),
        output: "none",
        INVALID_PARAMETER: "no such endpoint",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
        IO_TIMEOUT: "the requests that were cancelled for it did not come back",
    }
    /// Drops what was received on an IN pipe and not yet read.
    FLUSH_PIPE = 0x832, Buffered, Read {
        input: Some(PipeSelect::LAYOUT),
        output: "none",
        INVALID_PARAMETER: "no such endpoint, or an OUT endpoint",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Changes a policy.
    SET_POLICY = 0x833, Buffered, Write {
        input: Some(PolicySet::LAYOUT),
        output: "none",
        INVALID_PARAMETER: "no such target, no such policy for it, or a value that it cannot have",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Tells a policy.
    GET_POLICY = 0x834, Buffered, Read {
        input: Some(PolicyGet::LAYOUT),
        output: "`PolicyValue`",
        INVALID_PARAMETER: "no such target, or no such policy for it",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Opens the streams of a bulk endpoint. From then on the endpoint's own pipe takes no transfers.
    OPEN_STREAMS = 0x838, Buffered, Write {
        input: Some(StreamsOpen::LAYOUT),
        output: "`Count`, then a `StreamHandle` for each stream",
        NOT_SUPPORTED: "the controller, the USB stack or the endpoint has no streams",
        INVALID_PARAMETER: "no such bulk endpoint, or a count that is zero or too large",
        INVALID_DEVICE_STATE: "streams are open already, or requests are in flight on the pipe",
        BUFFER_TOO_SMALL: "no room for all handles",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Closes all streams of an endpoint; their handles are stale then.
    CLOSE_STREAMS = 0x839, Buffered, Write {
        input: Some(PipeSelect::LAYOUT),
        output: "none",
        INVALID_DEVICE_STATE: "no streams are open",
        INVALID_HANDLE: "a handle that is not this file's, not a pipe's, or stale",
        SHARING_VIOLATION: "another file has claimed the interface",
    }
    /// Claims an interface for this file: others cannot use its pipes, nor send control transfers to it or to its
    /// endpoints. Ends with the handle, and with the file. The same file gets the same handle again.
    CLAIM_INTERFACE = 0x840, Buffered, Write {
        input: Some(InterfaceSelect::LAYOUT),
        output: "`HandleReply`",
        INVALID_PARAMETER: "no such interface",
        SHARING_VIOLATION: "another file has it, or has requests on its pipes or streams of it",
        INSUFFICIENT_RESOURCES: "the file has too many handles",
        INVALID_HANDLE: "the sender has opened no file",
    }
    /// Opens a pipe of an interface that this file has claimed. Its handle is stale when another setting is selected, also
    /// if that has the same endpoint; it survives a stop of the device.
    OPEN_PIPE = 0x841, Buffered, Read {
        input: Some(PipeOpen::LAYOUT),
        output: "`HandleReply`",
        INVALID_HANDLE: "not the handle of an interface, or not this file's",
        INVALID_PARAMETER: "no such endpoint in the selected setting",
        INSUFFICIENT_RESOURCES: "the file has too many handles",
    }
    /// Gives a handle back; an interface's handle gives the claim and its pipes' handles back.
    CLOSE_HANDLE = 0x842, Buffered, Read {
        input: Some(HandleSelect::LAYOUT),
        output: "none",
        INVALID_HANDLE: "not this file's, or given back already",
    }
    /// Restricts this file for ever: it may do what it could do before and is named here. Requests that only tell what
    /// the driver knows, and `CLOSE_HANDLE`, are always allowed.
    DROP_PRIVILEGES = 0x843, Buffered, Read {
        input: Some(DropPrivileges::LAYOUT),
        output: "none",
        INVALID_PARAMETER: "an undefined operation",
        INVALID_HANDLE: "the sender has opened no file",
    }
    /// Cancels everything and selects a configuration; every pipe is new then. If that fails the old one is selected again.
    SELECT_CONFIGURATION = 0x850, Buffered, Write {
        input: Some(ConfigurationSelect::LAYOUT),
        output: "none",
        INVALID_PARAMETER: "no such configuration",
        SHARING_VIOLATION: "another file has claimed an interface",
        NOT_SUPPORTED: "a function of a composite device cannot",
        IO_TIMEOUT: "the requests that were cancelled for it did not come back",
    }
    /// Cancels what is in flight on the interface's pipes and selects an alternate setting; the pipes are new then.
    ///
    /// If that fails the old setting is selected again, and if that fails too, the interface has no pipes until one is selected.
    SELECT_INTERFACE = 0x851, Buffered, Write {
        input: Some(SettingSelect::LAYOUT),
        output: "none",
        INVALID_HANDLE: "not the handle of an interface, or not this file's",
        INVALID_PARAMETER: "no such interface or setting, or one of its endpoints belongs to another interface now",
        SHARING_VIOLATION: "another file has claimed the interface",
        IO_TIMEOUT: "the requests that were cancelled for it did not come back",
    }
    /// Cancels everything and resets the device; the configuration and the pipes stay. A composite device is reset whole.
    RESET_PORT = 0x852, Buffered, Write {
        input: None,
        output: "none",
        SHARING_VIOLATION: "another file has claimed an interface",
        IO_TIMEOUT: "the requests that were cancelled for it did not come back",
    }
    /// Cancels everything and makes the device appear anew, as if it were unplugged and plugged in.
    CYCLE_PORT = 0x853, Buffered, Write {
        input: None,
        output: "none",
        SHARING_VIOLATION: "another file has claimed an interface",
        IO_TIMEOUT: "the requests that were cancelled for it did not come back",
    }
}
