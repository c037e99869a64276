//! The device interface of usbclient: its GUID, its control codes, and the layout of requests and replies.
//!
//! Driver, user mode and tests share this crate. Structures have a fixed layout without pointers, so 32-bit
//! and 64-bit callers send the same bytes. All numbers are little-endian, as on every machine Windows runs on.
//!
//! A caller opens the device interface [`DEVICE_INTERFACE_GUID`] and sends these control codes
//! ([`DeviceIoControl`](https://learn.microsoft.com/windows/win32/api/ioapiset/nf-ioapiset-deviceiocontrol)).
//! "Data" is the second buffer (`lpOutBuffer`): with the two direct methods the device moves its bytes from or
//! to the caller's own pages.
//!
//! | code | access | method | input | output or data | statuses of its own |
//! |---|---|---|---|---|---|
//! | [`control_code::GET_DEVICE_DESCRIPTOR`] | read | buffered | none | the 18 bytes of the device descriptor | `BUFFER_TOO_SMALL`: less than 18 bytes |
//! | [`control_code::GET_CONFIGURATION_DESCRIPTOR`] | read | buffered | none | as many bytes as fit; bytes 2 and 3 (`wTotalLength`) tell how many there are | `BUFFER_TOO_SMALL`: less than 9 bytes |
//! | [`control_code::GET_PIPES`] | read | buffered | none | [`PipeListHeader`], then as many whole [`PipeEntry`] as fit | `BUFFER_TOO_SMALL`: no room for the header; `BUFFER_OVERFLOW`: not all entries fitted |
//! | [`control_code::CONTROL_IN`] | read | out direct | [`SetupPacket`] | data: `wLength` bytes at most come from the device | `INVALID_PARAMETER`: direction bit says out, or a request that belongs to the USB stack; `INVALID_BUFFER_SIZE`: data length is not `wLength` |
//! | [`control_code::CONTROL_OUT`] | write | in direct | [`SetupPacket`] | data: `wLength` bytes go to the device | as above, direction bit says in |
//! | [`control_code::PIPE_READ`] | read | out direct | [`PipeTransfer`] | data: what the device sends; a short packet ends it | `INVALID_PARAMETER`: no such endpoint, it is an OUT endpoint, or not bulk or interrupt; `INVALID_BUFFER_SIZE`: zero, or not a multiple of the endpoint's packet size |
//! | [`control_code::PIPE_WRITE`] | write | in direct | [`PipeTransfer`] | data: what goes to the device; no bytes is a zero-length packet | `INVALID_PARAMETER`: no such endpoint, it is an IN endpoint, or not bulk or interrupt |
//! | [`control_code::ABORT_PIPE`] | write | buffered | [`PipeSelect`] | none | `INVALID_PARAMETER`: no such endpoint |
//! | [`control_code::RESET_PIPE`] | write | buffered | [`PipeSelect`] | none | `INVALID_PARAMETER`: no such endpoint |
//!
//! Every code can also end with these:
//!
//! | status | when |
//! |---|---|
//! | `STATUS_ACCESS_DENIED` | the file was not opened for the access in the table; the I/O manager answers, not the driver |
//! | `STATUS_INVALID_DEVICE_REQUEST` | unknown code |
//! | `STATUS_BUFFER_TOO_SMALL` | the input is shorter than its structure, or the output has no room for the smallest reply |
//! | `STATUS_INVALID_BUFFER_SIZE` | the input is longer than its structure, or a buffer was given where the table says none |
//! | `STATUS_INVALID_PARAMETER` | a reserved field or an undefined flag is not zero |
//! | `STATUS_DEVICE_NOT_READY` | the device has not started, or its start failed; opening also while its removal is being asked for |
//! | `STATUS_DEVICE_NOT_CONNECTED` | the device was removed |
//! | `STATUS_CANCELLED` | the caller cancelled, closed its last handle, or aborted the pipe |
//!
//! A transfer that fails on the bus ends with the USB stack's own status. `Information` is always the number of
//! bytes moved, also for a transfer that ended early.
#![no_std]
#![forbid(unsafe_code)]

pub mod control_code;
mod guid;
mod layout;
pub mod status;

pub use guid::{DEVICE_INTERFACE_GUID, Guid};
pub use layout::{PipeEntry, PipeListHeader, PipeSelect, PipeTransfer, SetupPacket, TransferType};
