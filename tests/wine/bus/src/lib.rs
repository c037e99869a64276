//! A USB bus driver for Wine whose devices are models (`crates/usb-models`), and the filter that restores Windows'
//! order of requests around an open handle.
//!
//! It stands in for what Wine does not have: a USB stack that answers URBs, and those PnP and power requests that a
//! Windows kernel sends and Wine never does. What a driver above sees is what the documentation says of the USB driver
//! stack; the stack of the simulated kernel (`crates/ntsim/src/usb`) is the longer text of the same.
//!
//! | module | what it does |
//! |---|---|
//! | [`protocol`] | what the runner asks for; shared with it |
//! | `entry` | `DriverEntry`, `AddDevice`, `DriverUnload`, and which dispatch routine serves which device object |
//! | `bus` | the root device: its PnP life, its children, its control interface |
//! | `child` | a child's physical device object: identifiers, PnP, power |
//! | `usb` | the USB driver stack: URBs to transfers of the model, and back |
//! | `filter` | the device object on top of a child's stack |
//! | `shared` | the trace, the heap, what `usbdex.sys` asks of this driver |
//! | `nt` | wrappers of the kernel's objects: the unsafe code |
#![no_std]
#![expect(
    clippy::cast_possible_truncation,
    reason = "codes, sizes of structures and flag bits are small numbers"
)]
#![expect(non_upper_case_globals, reason = "the enumerators of the headers are constants")]

extern crate alloc;

mod bus;
mod child;
mod entry;
mod filter;
mod nt;
pub mod protocol;
mod role;
mod shared;
mod usb;

use shared::allocator::Pool;

#[global_allocator]
static POOL: Pool = Pool;

/// Who tells of a panic.
const NAME: &str = "bus";
