//! The USBD handle API for Wine, as a module of its own.
//!
//! In the WDK these routines are static code; the copy of the driver that runs under Wine imports them from
//! `usbdex.sys` (`crates/usbdex`), which is this. They do what their pages say, for the stack of `tests/wine/bus`, which is
//! asked by an interface of the harness's own. Every call is told (`~c`, `~r`), and what breaks the contract is told as
//! `~dex broken`: a handle closed twice or with URBs left, one that is none, an URB that is not the handle's.
//!
//! | module | what it does |
//! |---|---|
//! | `handle` | `USBD_CreateHandle`, `USBD_CloseHandle`, `USBD_IsInterfaceVersionSupported` |
//! | `capability` | `USBD_QueryUsbCapability` |
//! | `urb` | `USBD_UrbAllocate`, `USBD_IsochUrbAllocate`, `USBD_UrbFree`, `USBD_AssignUrbToIoStackLocation` |
//! | `select` | `USBD_SelectConfigUrbAllocateAndBuild`, `USBD_SelectInterfaceUrbAllocateAndBuild` |
//! | `table` | the handles and URBs that there are |
//! | `bus` | the interface of the bus below |
// UNSAFETY: every routine here is one that a driver calls with raw pointers.
#![no_std]
#![expect(unsafe_code, reason = "a module of kernel exports")]
#![expect(clippy::cast_possible_truncation, reason = "codes and sizes of structures are small numbers")]

extern crate alloc;

mod bus;
mod capability;
mod handle;
mod nt;
mod select;
#[path = "../../bus/src/shared/mod.rs"]
#[expect(dead_code, reason = "the bus driver uses the rest")]
mod shared;
mod table;
mod tell;
mod urb;

use shared::allocator::Pool;

#[global_allocator]
static POOL: Pool = Pool;

/// Who tells of a panic.
const NAME: &str = "dex";

/// The module's entry point. There is nothing to set up.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub const extern "system" fn usbdex_main(_module: usize, _reason: u32, _reserved: usize) -> i32 {
    1
}
