//! The devices of Windows.
//!
//! - [`handle`]: every handle that `CloseHandle` closes is a [`Registration`](usbclient_registration::Registration).
//! - [`list`]: device interfaces, by `SetupDi*`.
//! - [`port`] and [`file`]: requests, through one I/O completion port of the process and one thread.
//! - [`watch`]: devices that come and go, by looking again and again.
//! - [`trace`]: a real-time session of event tracing.

mod file;
mod handle;
mod list;
mod port;
mod trace;
mod trace_fields;
mod watch;

use std::sync::Arc;

use self::{file::FileChannel, watch::Watching};
use super::{Channel, Guard, Sender, Source};
use crate::{
    device_info::{Access, Description, DeviceId},
    error::Error,
    events::{DriverEvent, Filter},
    watch::Change,
};

/// The devices of this system.
#[derive(Clone, Copy, Debug, Default)]
pub struct WindowsSource;

impl Source for WindowsSource {
    fn list(&self) -> Result<Vec<Description>, Error> {
        list::devices()
    }

    fn open(&self, device: &DeviceId, access: Access) -> Result<Arc<dyn Channel>, Error> {
        FileChannel::open(device, access).map(|channel| Arc::new(channel) as Arc<dyn Channel>)
    }

    fn watch(&self, sender: Sender<Change>) -> Result<Guard, Error> {
        Watching::start(sender).map(|watching| Box::new(watching) as Guard)
    }

    fn trace(&self, filter: Filter, sender: Sender<DriverEvent>) -> Result<Guard, Error> {
        trace::start(filter, sender).map(|session| Box::new(session) as Guard)
    }
}
