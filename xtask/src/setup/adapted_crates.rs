//! Copies of two published crates whose text does not compile on a Linux host, given to cargo as path
//! overrides. The manifests stay as they are, so Cargo.lock does too.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::stamp::{Inputs, Stamp};
use crate::{paths::Paths, tool};

/// One place in a crate's text.
struct Edit {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    count: usize,
}

/// A crate, the version whose text is known, and what is changed. Line ends are compared as `\n`.
struct Adapted {
    name: &'static str,
    version: &'static str,
    edits: &'static [Edit],
}

/// What `compile_error!` says in both functions.
const NOT_ON_WINDOWS: &str = "    compile_error!(\n        \"windows-drivers-rs is designed to be run on a \
     Windows host machine in a WDK environment. \\\n         Please build using a Windows target.\"\n    );\n";

const ADAPTED: &[Adapted] = &[
    Adapted {
        name: "wdk-build",
        version: "0.6.0",
        edits: &[
            // The registry is looked at only if the environment names no WDK.
            Edit {
                file: "src/utils.rs",
                from: "use windows::{\n",
                to: "#[cfg(windows)]\nuse windows::{\n",
                count: 1,
            },
            Edit {
                file: "src/utils.rs",
                from: "    // Check HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Kits\\Installed\n    // \
                       Roots@KitsRoot10 registry key\n    if let",
                to: "    #[cfg(windows)]\n    if let",
                count: 1,
            },
            Edit {
                file: "src/utils.rs",
                from: "    // Check HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\Microsoft\\Windows\n    // \
                       Kits\\Installed Roots@KitsRoot10 registry key\n    if let",
                to: "    #[cfg(windows)]\n    if let",
                count: 1,
            },
            Edit {
                file: "src/utils.rs",
                from: "fn read_registry_key_string_value(\n    key_handle",
                to: "#[cfg(windows)]\nfn read_registry_key_string_value(\n    key_handle",
                count: 1,
            },
            Edit {
                file: "src/utils.rs",
                from: "use std::{\n    env,\n    ffi::{CStr, OsStr},\n",
                to: "#[cfg(windows)]\nuse std::ffi::CStr;\nuse std::{\n    env,\n    ffi::OsStr,\n",
                count: 1,
            },
            // Neither function is called in a driver build.
            Edit { file: "src/utils.rs", from: NOT_ON_WINDOWS, to: "    unreachable!();\n", count: 2 },
            Edit {
                file: "src/cargo_make.rs",
                from: "std::os::windows::fs::symlink_file(",
                to: "std::os::unix::fs::symlink(",
                count: 2,
            },
        ],
    },
    Adapted {
        name: "windows-future",
        version: "0.3.2",
        edits: &[Edit {
            file: "src/lib.rs",
            from: "#![expect(\n    missing_docs,",
            to: "#![cfg(windows)]\n#![expect(\n    missing_docs,",
            count: 1,
        }],
    },
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
    source: Option<String>,
}

/// Makes the copies and gives their folders.
///
/// # Errors
///
/// Cargo.lock has another version, or a text is not what was expected.
pub fn make(paths: &Paths) -> Result<Vec<PathBuf>> {
    let folder = paths.setup().join("adapted-crates");
    let lock = tool::read(&paths.root.join("Cargo.lock"))?;
    for adapted in ADAPTED {
        check_lock(&lock, adapted)?;
    }
    let mut inputs = Inputs::of(include_str!("adapted_crates.rs"));
    for adapted in ADAPTED {
        inputs.add(adapted.name, adapted.version.as_bytes());
    }
    let stamp = Stamp::new(&paths.setup(), "adapted-crates", &inputs);
    if !stamp.is_current() {
        eprintln!("adapting {} and {}", ADAPTED[0].name, ADAPTED[1].name);
        let metadata = metadata(paths)?;
        for adapted in ADAPTED {
            make_copy(adapted, &published(&metadata, adapted)?, &folder.join(adapted.name))?;
        }
        stamp.write()?;
    }
    Ok(ADAPTED.iter().map(|adapted| folder.join(adapted.name)).collect())
}

/// Cargo does not compare an override's version with Cargo.lock's; this does.
fn check_lock(lock: &str, adapted: &Adapted) -> Result<()> {
    let entry = format!("name = \"{}\"\nversion = \"", adapted.name);
    let mut versions = lock.split(&entry as &str).skip(1).filter_map(|rest| rest.split('"').next());
    match (versions.next(), versions.next()) {
        (Some(version), None) if version == adapted.version => Ok(()),
        (found, more) => bail!(
            "Cargo.lock has {} {:?}{}, but the text that is known, and adapted, is {}'s",
            adapted.name,
            found.unwrap_or("not at all"),
            if more.is_some() { " and more" } else { "" },
            adapted.version
        ),
    }
}

fn metadata(paths: &Paths) -> Result<Metadata> {
    let mut command = tool::cargo();
    command.current_dir(&paths.root).args(["metadata", "--format-version", "1"]);
    serde_json::from_str(&tool::output(&mut command)?).context("the output of `cargo metadata`")
}

fn published(metadata: &Metadata, adapted: &Adapted) -> Result<PathBuf> {
    metadata
        .packages
        .iter()
        .find(|package| {
            package.name == adapted.name && package.version == adapted.version && package.source.is_some()
        })
        .and_then(|package| package.manifest_path.parent())
        .map(Path::to_path_buf)
        .with_context(|| format!("cargo metadata names no {} {}", adapted.name, adapted.version))
}

fn make_copy(adapted: &Adapted, from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("removing {}", to.display()))?;
    }
    copy(from, to)?;
    for edit in adapted.edits {
        let path = to.join(edit.file);
        let text = tool::read(&path)?.replace("\r\n", "\n");
        let found = text.matches(edit.from).count();
        if found != edit.count {
            bail!(
                "{} {}, {}: expected {} times, found {found} times: {:?}",
                adapted.name,
                adapted.version,
                edit.file,
                edit.count,
                edit.from
            );
        }
        fs::write(&path, text.replace(edit.from, edit.to))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).with_context(|| format!("copying {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WDK_BUILD: &Adapted = &ADAPTED[0];

    #[test]
    fn another_version_in_the_lock_is_refused() {
        let lock = |version: &str| format!("[[package]]\nname = \"wdk-build\"\nversion = \"{version}\"\n");
        assert!(check_lock(&lock("0.6.0"), WDK_BUILD).is_ok());
        assert!(check_lock(&lock("0.7.0"), WDK_BUILD).is_err());
        assert!(check_lock(&(lock("0.6.0") + &lock("0.7.0")), WDK_BUILD).is_err());
        assert!(check_lock("", WDK_BUILD).is_err());
    }

    #[test]
    fn a_text_that_is_not_as_expected_is_refused() {
        let folder = std::env::temp_dir().join(format!("usbclient-xtask-{}", std::process::id()));
        fs::create_dir_all(folder.join("from/src")).expect("a folder for the test");
        fs::write(folder.join("from/src/lib.rs"), "#![allow(missing_docs)]\n").expect("a file for the test");
        let refused = make_copy(&ADAPTED[1], &folder.join("from"), &folder.join("to"));
        fs::remove_dir_all(&folder).expect("removing the test's folder");
        let message = format!("{:#}", refused.expect_err("the text differs"));
        assert!(message.contains("found 0 times"), "{message}");
    }
}
