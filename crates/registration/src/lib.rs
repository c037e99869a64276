//! Owns one handle obtained by a documented open call and gives it back exactly once.
//!
//! A [`Registration`] is made only by a successful open, cannot be cloned, and is closed by value, with a permit
//! that stands for the phase and the IRQL in which the documentation allows the close. Each documented family of
//! calls is a [`HandleKind`]:
//!
//! | kind | calls | the close is legal |
//! |---|---|---|
//! | [`usbd`] | `USBD_CreateHandle`, `USBD_CloseHandle` | when every URB is freed, before REMOVE goes down |
//! | [`win32`] | `CreateFile` and others, `CloseHandle` | at any time |
//! | [`winsock_spi`] | `WPUCreateSocketHandle`, `WPUCloseSocketHandle` | at any time; what hangs on the socket follows it |
//! | [`ndis`] | `NdisOpenFile`, `NdisCloseFile` | until `MiniportInitializeEx` returns |
//!
//! Each is generic over its calls: the system's own, or a model of their pages, as the tests have them.
//!
//! A [`HandleTable`] is the other direction: handles that a driver gives out to user mode.
//!
//! This crate depends on nothing and contains no unsafe code: the real calls are given
//! by the driver or the user-mode library.
#![no_std]
#![forbid(unsafe_code)]

mod kind;
pub mod ndis;
mod registration;
mod table;
pub mod usbd;
pub mod win32;
pub mod winsock_spi;

pub use kind::HandleKind;
pub use registration::{CloseOnDrop, Registration};
pub use table::{Handle, HandleTable, Refusal, Slot};
