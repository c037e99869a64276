//! What is simulated.

use std::path::PathBuf;

/// What a simulated context is made of.
#[derive(Clone, Debug)]
#[must_use]
pub struct SimOptions {
    pub(super) driver: PathBuf,
    pub(super) devices: Vec<String>,
    pub(super) inf: Option<PathBuf>,
}

impl SimOptions {
    /// A machine with the driver in this file (`usbclient.sys`), and no device.
    pub fn new(driver: impl Into<PathBuf>) -> Self {
        Self { driver: driver.into(), devices: Vec::new(), inf: None }
    }

    /// A device is plugged in from the beginning: a model of the crate `usb-models`, such as `loopback-hs`, with edits of its
    /// descriptors after a colon. Several are several devices.
    pub fn device(mut self, model: impl Into<String>) -> Self {
        self.devices.push(model.into());
        self
    }

    /// The INF file that installed the driver: its values are in the registry.
    pub fn inf(mut self, file: impl Into<PathBuf>) -> Self {
        self.inf = Some(file.into());
        self
    }
}
