//! Where devices come from: two implementations of the same few calls.
//!
//! A [`Source`] lists and opens devices; what it opens is a [`Channel`], which carries requests. A request is a
//! [`Parcel`]: it owns its buffers, and so does the transport from the start to the real end of the request, whoever has lost
//! interest meanwhile. How it ended is told through a [`Slot`].

mod feed;
#[cfg(all(feature = "sim", target_os = "linux", target_arch = "x86_64"))]
pub mod sim;
mod slot;
#[cfg(any(windows, test))]
mod trace_value;
#[cfg(windows)]
pub mod windows;

use std::{fmt, sync::Arc};

pub use self::{
    feed::{Feed, Sender, feed},
    slot::{Ended, Slot},
};
use crate::{
    device_info::{Access, Description, DeviceId},
    error::Error,
    events::{DriverEvent, Filter},
    watch::Change,
};

/// One request of `DeviceIoControl`, with its buffers.
#[derive(Debug, Default)]
pub struct Parcel {
    /// The control code.
    pub code: u32,
    /// The first buffer.
    pub input: Vec<u8>,
    /// The second buffer.
    pub data: Vec<u8>,
    /// How much of the second buffer takes part.
    pub length: usize,
}

/// Keeps something going, until it is dropped.
pub type Guard = Box<dyn fmt::Debug + Send + Sync>;

/// Where devices come from.
pub trait Source: fmt::Debug + Send + Sync {
    /// The devices that can be opened now.
    fn list(&self) -> Result<Vec<Description>, Error>;

    /// Opens a file of a device.
    fn open(&self, device: &DeviceId, access: Access) -> Result<Arc<dyn Channel>, Error>;

    /// Tells of arrivals and removals from now on.
    fn watch(&self, sender: Sender<Change>) -> Result<Guard, Error>;

    /// Tells of the driver's events from now on.
    fn trace(&self, filter: Filter, sender: Sender<DriverEvent>) -> Result<Guard, Error>;
}

/// An open file of a device. Dropping it closes the file, which cancels what is in flight.
pub trait Channel: fmt::Debug + Send + Sync {
    /// Starts a request. The slot, which is idle, hears of its end, and of nothing before.
    fn start(&self, slot: &Arc<Slot>, parcel: Parcel);

    /// Asks for the request of a slot to be cancelled, if it is in flight.
    fn cancel(&self, slot: &Arc<Slot>);
}
