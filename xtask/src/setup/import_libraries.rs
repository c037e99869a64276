//! Import libraries, made from the lists in `wdk-linux/imports`: what the driver may import is a file in
//! the tree.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{
    headers::SDK_VERSION,
    stamp::{Inputs, Stamp},
};
use crate::{failure::cannot_run, paths::Paths, tool};

/// A module of the kernel by its file name, the library for it, and the lists of its names.
struct Module {
    library: &'static str,
    file: &'static str,
    lists: &'static [&'static str],
}

const MODULES: &[Module] = &[
    Module {
        library: "ntoskrnl",
        file: "ntoskrnl.exe",
        lists: &["ntoskrnl.txt", "ntoskrnl-tests.txt", "ntoskrnl-wine.txt"],
    },
    Module { library: "hal", file: "HAL.dll", lists: &["hal.txt"] },
    Module { library: "usbd", file: "USBD.SYS", lists: &["usbd.txt"] },
];

/// Libraries that wdk-sys links and a Rust WDM driver takes nothing from.
const EMPTY: &[&str] = &["BufferOverflowFastFailK", "wmilib", "arm64rt"];

/// The WDK's folder names, and what llvm-dlltool calls the processors.
const PROCESSORS: &[(&str, &str)] = &[("x64", "i386:x86-64"), ("ARM64", "arm64")];

/// The names in a list: one a line, `#` starts a comment.
pub fn names(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty())
}

/// llvm-dlltool's name, if it is installed: plain, or with LLVM's version.
pub fn dlltool() -> Option<String> {
    std::iter::once("llvm-dlltool".to_owned())
        .chain((14..40).rev().map(|version| format!("llvm-dlltool-{version}")))
        .find(|name| tool::exists(name))
}

/// Makes `root/Lib`.
///
/// # Errors
///
/// llvm-dlltool is missing (exit status 2) or fails, or a list cannot be read.
pub fn make(paths: &Paths, root: &Path) -> Result<()> {
    let lists = paths.wdk_linux().join("imports");
    let mut inputs = Inputs::of(include_str!("import_libraries.rs"));
    for list in MODULES.iter().flat_map(|module| module.lists) {
        inputs.add(list, tool::read(&lists.join(list))?.as_bytes());
    }
    let stamp = Stamp::new(&paths.setup(), "import-libraries", &inputs);
    if stamp.is_current() {
        return Ok(());
    }
    let dlltool = dlltool().ok_or_else(|| cannot_run("llvm-dlltool is not installed (Debian: llvm)"))?;
    for (folder, machine) in PROCESSORS {
        let folder = root.join("Lib").join(SDK_VERSION).join("km").join(folder);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        for library in EMPTY {
            tool::write_if_changed(&folder.join(format!("{library}.lib")), b"!<arch>\n")?;
        }
        for module in MODULES {
            make_library(module, &lists, &folder, &dlltool, machine)?;
        }
    }
    stamp.write()
}

fn make_library(module: &Module, lists: &Path, folder: &Path, dlltool: &str, machine: &str) -> Result<()> {
    let library = folder.join(format!("{}.lib", module.library));
    let mut definition = format!("LIBRARY {}\nEXPORTS\n", module.file);
    let mut any = false;
    for list in module.lists {
        for name in names(&tool::read(&lists.join(list))?) {
            any = true;
            definition.push_str(name);
            definition.push('\n');
        }
    }
    if !any {
        return tool::write_if_changed(&library, b"!<arch>\n");
    }
    let definition_file: PathBuf = library.with_extension("def");
    tool::write_if_changed(&definition_file, definition.as_bytes())?;
    let mut command = Command::new(dlltool);
    command.args(["-m", machine, "-d"]).arg(definition_file).arg("-l").arg(library);
    tool::run(&mut command)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn comments_and_empty_lines_are_no_names() {
        let list = "# heading\n\nIoCreateDevice\n  IofCallDriver # fast call\n";
        assert_eq!(names(list).collect::<Vec<_>>(), ["IoCreateDevice", "IofCallDriver"]);
    }
}
