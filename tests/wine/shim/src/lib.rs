//! What a driver imports from ntoskrnl.exe, told and passed on to Wine.
//!
//! Under Wine a copy of the driver imports from `ntoskrnx.exe`, which is this module, instead of `ntoskrnl.exe`. It
//! exports every name that the driver may import (`wdk-linux/imports/ntoskrnl.txt`). Each call is printed with its
//! first four arguments and its result. Then Wine's routine of that name answers; or one of [`own`], where Wine 8
//! lacks the routine or has no more than its name.
//!
//! | line | means |
//! |---|---|
//! | `~c NAME a0 a1 a2 a3` | the driver calls a routine; the arguments are hexadecimal, those that it does not have are noise |
//! | `~r NAME value` | the routine has returned this |
//! | `~d MAJOR MINOR device irp code` | a dispatch routine of the driver is called; `code` is a control code or 0 |
//! | `~e MAJOR MINOR status irp` | it has returned |
//! | `~d add` and `~e add status`, `~d unload`, `~e unload` | `AddDevice` and `DriverUnload` |
//! | `~d dpc`, `~e dpc` | a DPC of the driver |
//! | `~d done irp`, `~e done status irp` | a completion routine of the driver |
//! | `~d work`, `~e work` | a work item of the driver |
//! | `~d power`, `~e power` | a `PoRequestPowerIrp` callback of the driver |
//!
//! The routines of memory (`memcpy` and so on) are passed on untold.
// UNSAFETY: everything here stands between a driver and a kernel that speak in raw pointers.
#![no_std]
#![expect(unsafe_code, reason = "a module of kernel exports")]

mod callback;
mod dpc;
mod driver;
mod irp;
mod own;
mod tell;
mod thunk;

use wdk_panic as _;

/// The module's entry point. There is nothing to set up.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub const extern "system" fn shim_main(_module: usize, _reason: u32, _reserved: usize) -> i32 {
    1
}
