//! Devices that are elsewhere: a client of USB/IP, which puts a device that any usbipd exports behind the driver.
//!
//! The protocol is that of the Linux kernel's documentation
//! ([usbip_protocol](https://docs.kernel.org/usb/usbip_protocol.html), version 1.1.1). What a script plugs in is named
//! `usbip:HOST:PORT/BUSID`.
//!
//! Such a device is a [`DeviceModel`](usb_models::DeviceModel) like any other, but that what it answers comes from a
//! socket. It is listened to only when nobody in the machine can run ([`Kernel::hear_outside`]); while it owes an
//! answer, simulated time passes as real time does, up to the next timer. What comes is an input with a time
//! of its own; inputs are noted ([`Recording`]), so that the same life can be lived again without the device.
//!
//! [`Kernel::hear_outside`]: crate::kernel::Kernel

mod address;
mod connection;
mod device;
mod error;
mod identity;
mod outside;
mod recording;
mod status;
#[cfg(test)]
mod tests;
mod wire;

pub use address::{Address, PREFIX};
pub use connection::Limits;
pub use error::Error;
pub use identity::{Attached, Identity, attach};
pub use outside::{Outside, model};
pub use recording::{Input, Recording, Session};
