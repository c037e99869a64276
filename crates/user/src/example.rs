//! What the examples begin with: a simulated kernel with the driver that `cargo xtask` has built.

use std::path::PathBuf;

use crate::{Context, Error, SimOptions};

/// The driver's file: what the environment variable `USBCLIENT_SYS` says, or what `cargo xtask` built last in this source
/// tree.
#[must_use]
pub fn driver_file() -> PathBuf {
    let built = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/driver/usbclient.sys"));
    std::env::var_os("USBCLIENT_SYS").map_or_else(built, PathBuf::from)
}

/// A simulated kernel with the driver and these devices.
///
/// # Errors
/// As [`Context::simulated`].
pub fn context(models: &[&str]) -> Result<Context, Error> {
    let options = models.iter().fold(SimOptions::new(driver_file()), |options, model| options.device(*model));
    Context::simulated(options)
}
