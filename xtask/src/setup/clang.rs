//! clang's library, which bindgen loads.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::failure::cannot_run;

/// clang's library and its own headers, of one version.
pub struct Clang {
    /// The folder with `libclang.so` or `libclang-*.so`.
    pub library_folder: PathBuf,
    /// clang's own include folder (`stddef.h` and so on).
    pub headers: PathBuf,
}

impl Clang {
    /// What clang needs beside wdk-build's arguments to read mingw-w64's headers, for x64 and arm64.
    ///
    /// `-fms-compatibility`, which wdk-build gives, turns mingw's headers off, hence the other mode. The
    /// AMX header has a type that bindgen cannot lay out. The versions are Windows 10, version 2004.
    pub fn arguments_for_mingw(&self) -> [String; 2] {
        ["x86_64", "aarch64"].map(|processor| {
            format!(
                "--target={processor}-w64-windows-gnu -fno-ms-compatibility -fgnuc-version=4.2.1 \
                 -D__AMXINTRIN_H -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A000008 -isystem {}",
                self.headers.display()
            )
        })
    }
}

/// Finds the newest clang of the usual places, or the one that `LIBCLANG_PATH` names.
///
/// # Errors
///
/// There is none (exit status 2).
pub fn find() -> Result<Clang> {
    let candidates =
        std::env::var_os("LIBCLANG_PATH").map_or_else(installed, |path| vec![PathBuf::from(path)]);
    candidates
        .into_iter()
        .filter(|folder| has_library(folder))
        .find_map(|library_folder| {
            let headers = headers_beside(&library_folder)?;
            Some(Clang { library_folder, headers })
        })
        .ok_or_else(|| cannot_run("clang's library is not installed (Debian: libclang-dev)"))
}

/// Library folders, newest version first.
fn installed() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = entries(Path::new("/usr/lib"))
        .filter_map(|folder| {
            let version = folder.file_name()?.to_str()?.strip_prefix("llvm-")?.parse().ok()?;
            Some((version, folder.join("lib")))
        })
        .collect();
    versions.sort();
    let mut folders: Vec<PathBuf> = versions.into_iter().rev().map(|(_, folder)| folder).collect();
    folders.extend(["/usr/lib64", "/usr/lib"].map(PathBuf::from));
    folders
}

fn has_library(folder: &Path) -> bool {
    entries(folder).any(|file| {
        file.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
            (name.starts_with("libclang.so") || name.starts_with("libclang-")) && name.contains(".so")
        })
    })
}

fn headers_beside(library_folder: &Path) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = entries(&library_folder.join("clang"))
        .map(|version| version.join("include"))
        .filter(|include| include.join("stddef.h").is_file())
        .collect();
    found.sort();
    found.pop()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}
