//! Where things are.

use std::path::PathBuf;

use anyhow::Result;

use crate::failure::cannot_run;

/// The folders that xtask reads and writes.
pub struct Paths {
    /// The workspace's root.
    pub root: PathBuf,
}

impl Paths {
    /// Finds the workspace: `cargo run` says where it is; otherwise it is where xtask was built from.
    ///
    /// # Errors
    ///
    /// [`crate::failure::CannotRun`] if there is none there.
    pub fn find() -> Result<Self> {
        let manifest_folder = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        match manifest_folder.parent() {
            Some(root) if root.join("Cargo.lock").is_file() => Ok(Self { root: root.to_path_buf() }),
            _ => Err(cannot_run(format!("{} is not in a workspace", manifest_folder.display()))),
        }
    }

    /// The target folder of driver builds. It lies below the root, because wdk-build looks for Cargo.lock
    /// upwards from there, and apart from the host's, because `RUSTC_BOOTSTRAP` on and off in one folder
    /// rebuilds everything each time.
    pub fn driver(&self) -> PathBuf {
        self.root.join("target").join("driver")
    }

    /// What set-up makes.
    pub fn setup(&self) -> PathBuf {
        self.root.join("target").join("setup")
    }

    /// The overlay headers and import lists in the tree.
    pub fn wdk_linux(&self) -> PathBuf {
        self.root.join("wdk-linux")
    }
}
