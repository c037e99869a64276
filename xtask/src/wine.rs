//! What runs under Wine beside the driver, and `cargo xtask wine`.

use std::path::PathBuf;

use anyhow::Result;

use crate::{driver, paths::Paths, setup::Environment, tool};

/// Packages of the kernel's side, what cargo calls their images, and what Wine is to call them.
const KERNEL_SIDE: [(&str, &str, &str); 3] = [
    ("wine-bus", "wine_bus.dll", "usbbus.sys"),
    ("wine-usbdex", "wine_usbdex.dll", "usbdex.sys"),
    ("wine-shim", "wine_shim.dll", "ntoskrnx.exe"),
];

/// Builds the bus driver, the USBD handle API and the import shim into `target/driver/wine`.
///
/// # Errors
///
/// The build failed.
pub fn build_kernel_side(paths: &Paths, environment: &Environment) -> Result<Vec<PathBuf>> {
    let mut command = driver::cargo(paths, environment, "build", driver::X64);
    command.arg("--release");
    command.args(KERNEL_SIDE.iter().flat_map(|(package, ..)| ["--package", package]));
    tool::run(&mut command)?;
    let built = paths.driver().join(driver::X64).join("release");
    let to = paths.driver().join("wine");
    KERNEL_SIDE.iter().map(|(_, image, name)| driver::publish(&built.join(image), &to.join(name))).collect()
}
