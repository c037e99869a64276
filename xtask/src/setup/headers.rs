//! The header tree: mingw-w64's headers in the WDK's folders, mended, under an overlay of our own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::stamp::{Inputs, Stamp};
use crate::{failure::cannot_run, paths::Paths, tool};

/// The version that names the folders, as a WDK's would: Windows 10, version 2004.
pub const SDK_VERSION: &str = "10.0.19041.0";

/// A place in one of mingw-w64's headers that is wrong or missing.
struct Mend {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// Both headers stop at a processor that they do not know.
const OTHER_PROCESSOR: (&str, &str) = (
    "#else\n#error Unknown Architecture\n#endif",
    "#elif defined(_M_ARM64)\n#include \"arm64ddk.h\"\n#else\n#error Unknown Architecture\n#endif",
);

const MENDS: &[Mend] = &[
    // The real structures are aligned to MEMORY_ALLOCATION_ALIGNMENT, which makes DEVICE_OBJECT 336 bytes.
    Mend {
        file: "wdm.h",
        from: "typedef struct _DEVICE_OBJECT {",
        to: "typedef struct DECLSPEC_ALIGN(16) _DEVICE_OBJECT {",
    },
    Mend { file: "wdm.h", from: "typedef struct _IRP {", to: "typedef struct DECLSPEC_ALIGN(16) _IRP {" },
    // Packed to four bytes on 32-bit processors only; mingw-w64 knows no arm64.
    Mend {
        file: "wdm.h",
        from: "#if !defined(_AMD64_) && !defined(_IA64_)\n#include <pshpack4.h>",
        to: "#ifndef _WIN64\n#include <pshpack4.h>",
    },
    Mend {
        file: "wdm.h",
        from: "#if !defined(_AMD64_) && !defined(_IA64_)\n#include <poppack.h>",
        to: "#ifndef _WIN64\n#include <poppack.h>",
    },
    Mend { file: "wdm.h", from: OTHER_PROCESSOR.0, to: OTHER_PROCESSOR.1 },
    Mend { file: "ntddk.h", from: OTHER_PROCESSOR.0, to: OTHER_PROCESSOR.1 },
];

/// Where Debian, Arch and Fedora have mingw-w64's headers.
const USUAL_PLACES: [&str; 3] = [
    "/usr/share/mingw-w64/include",
    "/usr/x86_64-w64-mingw32/include",
    "/usr/x86_64-w64-mingw32/sys-root/mingw/include",
];

/// Headers that the overlay replaces and includes as `mingw-w64/NAME`.
const WRAPPED: &[&str] = &["wdm.h", "usbdlib.h"];

/// mingw-w64's include folder, if its DDK headers are installed: the one that `MINGW_W64_INCLUDE` names, or
/// one of the usual places.
pub fn mingw() -> Option<PathBuf> {
    std::env::var_os("MINGW_W64_INCLUDE")
        .map(PathBuf::from)
        .into_iter()
        .chain(USUAL_PLACES.map(PathBuf::from))
        .find(|include| include.join("ddk/wdm.h").is_file())
}

/// Makes `root/Include`.
///
/// # Errors
///
/// The headers are missing (exit status 2), or a place to mend is not there exactly once.
pub fn make(paths: &Paths, root: &Path) -> Result<()> {
    let mingw = mingw().ok_or_else(|| cannot_run("the mingw-w64 DDK headers are not installed"))?;
    let overlay = paths.wdk_linux().join("include");
    let stamp = Stamp::new(&paths.setup(), "headers", &inputs(&mingw, &overlay)?);
    if stamp.is_current() {
        return Ok(());
    }
    eprintln!("making the header tree from {}", mingw.display());
    let include = root.join("Include").join(SDK_VERSION);
    let kernel = include.join("km");
    fs::create_dir_all(kernel.join("crt")).with_context(|| format!("making {}", kernel.display()))?;
    for header in files(&mingw.join("ddk"))? {
        copy_kernel_header(&header, &kernel)?;
    }
    copy_folder(&mingw, &include.join("shared"), &["ddk"])?;
    copy_folder(&overlay.join("km"), &kernel, &[])?;
    stamp.write()
}

fn copy_kernel_header(header: &Path, kernel: &Path) -> Result<()> {
    let name = file_name(header);
    let folder = if WRAPPED.contains(&name.as_str()) { kernel.join("mingw-w64") } else { kernel.into() };
    let mends: Vec<&Mend> = MENDS.iter().filter(|mend| mend.file == name).collect();
    if mends.is_empty() {
        // Not every header is UTF-8.
        let contents = fs::read(header).with_context(|| format!("reading {}", header.display()))?;
        return tool::write_if_changed(&folder.join(name), &contents);
    }
    let mut text = tool::read(header)?.replace("\r\n", "\n");
    for mend in mends {
        if text.matches(mend.from).count() != 1 {
            bail!(
                "{}: expected exactly once, to be mended: {:?}; this version of mingw-w64 needs another mend",
                header.display(),
                mend.from
            );
        }
        text = text.replacen(mend.from, mend.to, 1);
    }
    tool::write_if_changed(&folder.join(name), text.as_bytes())
}

/// Copies a folder's files and folders, except those named.
fn copy_folder(from: &Path, to: &Path, except: &[&str]) -> Result<()> {
    for path in entries(from)? {
        let name = file_name(&path);
        if path.is_dir() {
            if !except.contains(&name.as_str()) {
                copy_folder(&path, &to.join(name), &[])?;
            }
        } else {
            let contents = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            tool::write_if_changed(&to.join(name), &contents)?;
        }
    }
    Ok(())
}

/// What the tree is made from. mingw-w64's headers count by the three that are read most; a package
/// update changes its version file.
fn inputs(mingw: &Path, overlay: &Path) -> Result<Inputs> {
    let mut inputs = Inputs::of(include_str!("headers.rs"));
    inputs.add("mingw", mingw.as_os_str().as_encoded_bytes());
    for name in ["_mingw_mac.h", "_mingw.h", "usb.h", "ddk/wdm.h", "ddk/ntddk.h"] {
        inputs.add(name, tool::read(&mingw.join(name))?.as_bytes());
    }
    for header in files(&overlay.join("km"))? {
        inputs.add(&file_name(&header), tool::read(&header)?.as_bytes());
    }
    Ok(inputs)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_file()).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = fs::read_dir(folder)
        .map_err(|error| cannot_run(format!("{} cannot be read: {error}", folder.display())))?;
    let mut paths = list.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
