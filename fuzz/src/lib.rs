//! Fuzz targets for what usbclient reads from devices and from callers.
//!
//! The checks are those of the workspace's own tests: `crates/core/tests/hostile/checks`.

#[path = "../../crates/core/tests/hostile/checks/mod.rs"]
mod checks;

/// Runs the check of this name.
///
/// # Panics
/// If the bytes break it: that is what fuzzing looks for.
pub fn run(target: &str, bytes: &[u8]) {
    for (name, check) in checks::ALL {
        if name == target {
            check(bytes);
        }
    }
}
