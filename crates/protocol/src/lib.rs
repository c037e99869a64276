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
//! Each code, its input, its output or data, and the statuses of its own are in [`control_code::TABLE`];
//! `docs/interface.md` is that table to read, and `include/usbclient.h` says the same to a C compiler. Both are made from
//! it, and a test compares.
//!
//! Every code can also end with these:
//!
//! | status | when |
//! |---|---|
//! | `STATUS_ACCESS_DENIED` | the file was not opened for the access in the table, which the I/O manager answers; or it has given the operation or the interface up with `DROP_PRIVILEGES` |
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
pub use layout::*;
