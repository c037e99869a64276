//! The standard library of a target that this machine's toolchain lacks: core and alloc for the driver, all of it for
//! programs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use super::debian::PrivateApt;
use crate::{failure::cannot_run, paths::Paths, tool};

/// The targets that the driver is built for.
pub const TARGETS: [&str; 2] = ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"];

/// The target of programs for Windows, which run under Wine.
pub const PROGRAMS: &str = "x86_64-pc-windows-gnu";

/// Where a target's libraries come from.
pub enum CoreLibrary {
    /// rustup installed them.
    Installed,
    /// Cargo builds them, from the toolchain's own `rust-src` or from the folder given.
    Source(Option<PathBuf>),
}

/// Finds the core library or fetches it: rustup's, where rustup may and can download; otherwise Debian's
/// `rust-src` package of exactly this rustc version.
///
/// # Errors
///
/// Neither is to be had (exit status 2, with what to type).
pub fn find_or_make(paths: &Paths, targets: &[&str]) -> Result<CoreLibrary> {
    let sysroot = PathBuf::from(tool::output(Command::new("rustc").args(["--print", "sysroot"]))?.trim());
    let libraries = sysroot.join("lib/rustlib");
    let installed = || targets.iter().all(|target| libraries.join(target).join("lib").is_dir());
    if installed() {
        return Ok(CoreLibrary::Installed);
    }
    if libraries.join("src/rust/library/core").is_dir() {
        return Ok(CoreLibrary::Source(None));
    }
    let release = release()?;
    let folder = paths.root.join("target/core-library");
    let library = folder.join(format!("rustc-{release}/library"));
    if library.join("core/src/lib.rs").is_file() {
        return Ok(CoreLibrary::Source(Some(library)));
    }
    if rustup_may_download() && add(targets) && installed() {
        return Ok(CoreLibrary::Installed);
    }
    fetch_source(&folder, &release, targets)?;
    Ok(CoreLibrary::Source(Some(library)))
}

fn release() -> Result<String> {
    let version = tool::output(Command::new("rustc").arg("-vV"))?;
    version
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .map(String::from)
        .ok_or_else(|| cannot_run("`rustc -vV` names no release"))
}

/// `RUSTUP_AUTO_INSTALL=0` says that rustup is not to install things by itself.
fn rustup_may_download() -> bool {
    tool::exists("rustup") && std::env::var_os("RUSTUP_AUTO_INSTALL").is_none_or(|value| value != "0")
}

fn add(targets: &[&str]) -> bool {
    eprintln!("adding the targets {}", targets.join(" and "));
    tool::status(Command::new("rustup").args(["target", "add"]).args(targets))
        .is_ok_and(|status| status.success())
}

/// Unpacks the library's part of Debian's `rust-src` below `folder`.
fn fetch_source(folder: &Path, release: &str, targets: &[&str]) -> Result<()> {
    let targets = targets.join(" ");
    let what_to_type = format!(
        "rustc has no libraries for {targets}; where rustup can download, type: rustup target add {targets}"
    );
    if !tool::exists("apt-get") || !tool::exists("dpkg-deb") {
        return Err(cannot_run(what_to_type));
    }
    eprintln!("fetching the source of the standard library {release} (Debian's rust-src)");
    fs::create_dir_all(folder)?;
    let suites = ["trixie-backports", "trixie", "sid", "experimental"];
    for suite in suites {
        // A suite that does not exist any more is no reason not to try the next.
        let private = folder.join(suite);
        let Ok(apt) = PrivateApt::new(&private, suite) else { continue };
        let versions = apt.versions("rust-src")?;
        let prefix = format!("{release}+dfsg");
        let Some(version) = versions.iter().find(|version| version.starts_with(&prefix)) else { continue };
        apt.download("rust-src", version)?;
        let unpacked = unpack(&private, folder, release);
        fs::remove_dir_all(&private)?;
        return unpacked;
    }
    Err(cannot_run(format!("Debian has no rust-src {release} in {}; {what_to_type}", suites.join(", "))))
}

fn unpack(from: &Path, to: &Path, release: &str) -> Result<()> {
    let package = fs::read_dir(from)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| cannot_run("apt-get downloaded no package"))?;
    let archive = from.join("rust-src.tar");
    tool::run(
        Command::new("dpkg-deb").arg("--fsys-tarfile").arg(&package).stdout(fs::File::create(&archive)?),
    )?;
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(&archive).arg("-C").arg(to).args(["--strip-components=3"]);
    tool::run(tar.arg(format!("./usr/src/rustc-{release}/library")))
}
