//! What the driver build needs on Linux: clang's library, headers in the WDK's shape, import libraries,
//! adapted copies of two crates, and the target's core library. docs/linux-build.md says why each.
//!
//! Everything is made below `target/setup` and `target/core-library`, and made again only when what it
//! is made from has changed.

mod adapted_crates;
mod clang;
mod core_library;
mod debian;
mod headers;
mod import_libraries;
mod stamp;

use std::path::PathBuf;

use anyhow::{Context, Result};

use self::headers::SDK_VERSION;
pub use self::{
    core_library::{CoreLibrary, PROGRAMS, TARGETS, find_or_make as find_library},
    debian::{install_c_compilers, install_wine},
    import_libraries::{dlltool, names},
};
use crate::{failure::cannot_run, paths::Paths};

/// What a driver build is given.
pub struct Environment {
    /// `WDKContentRoot`: the tree with `Include` and `Lib`.
    pub wdk_content_root: PathBuf,
    /// `Version_Number`, unless the user brought a WDK.
    pub sdk_version: Option<&'static str>,
    /// The folder with libclang.
    pub libclang: PathBuf,
    /// Arguments to clang beside those of wdk-build, for x64 and arm64; none with a real WDK.
    pub clang_arguments: Option<[String; 2]>,
    /// Folders of crates that replace the published ones.
    pub overrides: Vec<PathBuf>,
    /// The target's core library.
    pub core_library: CoreLibrary,
}

/// clang's own headers.
///
/// # Errors
///
/// There is no clang (exit status 2).
pub fn clang_headers() -> Result<PathBuf> {
    clang::find().map(|clang| clang.headers)
}

/// Makes everything that is missing.
///
/// # Errors
///
/// Something cannot be installed here (exit status 2, with what to type), or a text that is adapted is
/// not what was expected.
pub fn prepare(paths: &Paths) -> Result<Environment> {
    if !cfg!(target_os = "linux") {
        return Err(cannot_run(
            "this builds the driver on Linux; on Windows use `cargo make` in a WDK command prompt",
        ));
    }
    std::fs::create_dir_all(paths.setup()).with_context(|| format!("making {}", paths.setup().display()))?;
    let own_wdk = std::env::var_os("WDKContentRoot").map(PathBuf::from);
    debian::install_missing(own_wdk.is_none())?;
    let clang = clang::find()?;
    let (wdk_content_root, sdk_version, clang_arguments) = if let Some(root) = own_wdk {
        if !root.join("Include").is_dir() {
            return Err(cannot_run(format!("WDKContentRoot={}: no Include folder there", root.display())));
        }
        (root, None, None)
    } else {
        let root = paths.setup().join("wdk");
        headers::make(paths, &root)?;
        import_libraries::make(paths, &root)?;
        (root, Some(SDK_VERSION), Some(clang.arguments_for_mingw()))
    };
    Ok(Environment {
        wdk_content_root,
        sdk_version,
        libclang: clang.library_folder,
        clang_arguments,
        overrides: adapted_crates::make(paths)?,
        core_library: core_library::find_or_make(paths, &TARGETS)?,
    })
}
