//! Packages of the distribution.

use std::{path::Path, process::Command};

use anyhow::Result;

use super::{clang, headers, import_libraries};
use crate::{failure::cannot_run, foreign, tool};

/// Installs the packages that are missing, as root on Debian and its relatives.
///
/// # Errors
///
/// They cannot be installed from here: exit status 2, with what to type.
pub fn install_missing(with_headers: bool) -> Result<()> {
    install("clang's library, llvm-dlltool or the mingw-w64 DDK headers", || missing(with_headers))
}

/// Installs the C compilers and linkers for the drivers of tests/foreign, and what they need.
///
/// # Errors
///
/// They cannot be installed from here: exit status 2, with what to type.
pub fn install_c_compilers() -> Result<()> {
    install("mingw-w64's gcc, clang or lld", || {
        let mut packages = missing(true);
        let programs = [("gcc-mingw-w64-x86-64", foreign::GCC), ("clang", "clang"), ("lld", "lld-link")];
        packages.extend(programs.iter().filter(|(_, it)| !tool::exists(it)).map(|(package, _)| *package));
        packages
    })
}

/// Installs Wine, and the linker for programs that run in it.
///
/// # Errors
///
/// They cannot be installed from here: exit status 2, with what to type.
pub fn install_wine() -> Result<()> {
    install("Wine or mingw-w64's gcc", || {
        let mut packages = Vec::new();
        if !tool::exists("wine") {
            // The second is the 64-bit half, which the first does not ask for.
            packages.extend(["wine", "wine64"]);
        }
        if !tool::exists(foreign::GCC) {
            packages.push("gcc-mingw-w64-x86-64");
        }
        packages
    })
}

/// Installs what `missing` names; it is asked again afterwards.
fn install(what: &str, missing: impl Fn() -> Vec<&'static str>) -> Result<()> {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let command = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !tool::exists("apt-get") {
        return Err(cannot_run(format!("missing: {what}; on Debian they are `{command}`")));
    }
    if !is_root()? {
        return Err(cannot_run(format!("missing packages; type: sudo {command}")));
    }
    eprintln!("installing {}", packages.join(", "));
    let installed = apt_get_install(&packages)?
        || (tool::status(Command::new("apt-get").args(["update", "-q"]))?.success()
            && apt_get_install(&packages)?);
    if installed && missing().is_empty() {
        Ok(())
    } else {
        Err(cannot_run(format!("`{command}` did not install what is needed; see its messages above")))
    }
}

fn missing(with_headers: bool) -> Vec<&'static str> {
    let mut packages = Vec::new();
    if clang::find().is_err() {
        packages.push("libclang-dev");
    }
    if with_headers {
        if headers::mingw().is_none() {
            packages.push("mingw-w64-common");
        }
        if import_libraries::dlltool().is_none() {
            packages.push("llvm");
        }
    }
    packages
}

fn apt_get_install(packages: &[&str]) -> Result<bool> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.args(["install", "-q", "-y", "--no-install-recommends"]).args(packages);
    Ok(tool::status(&mut command)?.success())
}

fn is_root() -> Result<bool> {
    Ok(tool::output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// The Debian mirror that this machine uses.
///
/// # Errors
///
/// apt's sources name none.
pub fn mirror() -> Result<String> {
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]);
    let list = tool::output(&mut command)?;
    list.lines()
        .map(|line| line.trim_end_matches('/'))
        .find(|line| line.ends_with("/debian"))
        .map(String::from)
        .ok_or_else(|| {
            cannot_run("apt's sources name no Debian mirror to fetch the core library's source from")
        })
}

/// A private configuration of apt, with sources, lists and cache of its own: the machine's stay untouched.
pub struct PrivateApt<'a> {
    folder: &'a Path,
}

impl<'a> PrivateApt<'a> {
    /// Writes the configuration for one suite and fetches its list.
    ///
    /// # Errors
    ///
    /// A file cannot be written, or the list cannot be fetched.
    pub fn new(folder: &'a Path, suite: &str) -> Result<Self> {
        let keys = [
            "/usr/share/keyrings/debian-archive-keyring.gpg",
            "/usr/share/keyrings/debian-archive-keyring.pgp",
        ]
        .into_iter()
        .find(|keys| Path::new(keys).is_file())
        .ok_or_else(|| cannot_run("Debian's keys are not installed (debian-archive-keyring)"))?;
        let mirror = mirror()?;
        let sources = format!("deb [signed-by={keys}] {mirror} {suite} main\n");
        for part in ["lists/partial", "cache/archives/partial"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        tool::write_if_changed(&folder.join("sources.list"), sources.as_bytes())?;
        let at = folder.display();
        let configuration = format!(
            "Dir::Etc::SourceList \"{at}/sources.list\";\nDir::Etc::SourceParts \"/dev/null\";\n\
             Dir::State::Lists \"{at}/lists\";\nDir::Cache \"{at}/cache\";\nAPT::Sandbox::User \"\";\n"
        );
        tool::write_if_changed(&folder.join("apt.conf"), configuration.as_bytes())?;
        let apt = Self { folder };
        tool::output(apt.command("apt-get").args(["update", "-q"]))?;
        Ok(apt)
    }

    /// The versions of a package that the suite has, newest first.
    ///
    /// # Errors
    ///
    /// apt-cache failed.
    pub fn versions(&self, package: &str) -> Result<Vec<String>> {
        let list = tool::output(self.command("apt-cache").args(["madison", package]))?;
        Ok(list
            .lines()
            .filter_map(|line| line.split('|').nth(1))
            .map(|version| version.trim().into())
            .collect())
    }

    /// Downloads a package's file into the folder.
    ///
    /// # Errors
    ///
    /// apt-get failed.
    pub fn download(&self, package: &str, version: &str) -> Result<()> {
        tool::output(
            self.command("apt-get")
                .current_dir(self.folder)
                .args(["download", &format!("{package}={version}")]),
        )?;
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", self.folder.join("apt.conf"));
        command
    }
}
