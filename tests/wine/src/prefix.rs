//! Wine, and a fresh prefix for each run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// The lines that are wanted: what is printed for the runner, and everything that goes wrong.
const CHANNELS: &str = "-all,err+all,warn+debugstr";

/// A prefix that nobody has used, to make others from.
pub struct Template {
    folder: PathBuf,
}

impl Template {
    /// Makes it, unless it is there already from the same Wine.
    ///
    /// # Errors
    /// Wine is not there or cannot make a prefix.
    pub fn make(folder: &Path) -> Result<Self> {
        let version = version()?;
        let stamp = folder.with_extension("made-by");
        let template = Self { folder: folder.into() };
        let made = fs::read_to_string(&stamp).is_ok_and(|made_by| made_by == version);
        if made && folder.is_dir() {
            return Ok(template);
        }
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let status =
            command(folder, "wineboot").arg("-i").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !status.context("starting wineboot")?.success() {
            bail!("wineboot cannot make a prefix in {}", folder.display());
        }
        wineserver(folder, "-w");
        fs::write(&stamp, version)?;
        Ok(template)
    }

    /// A prefix of its own for a run: the files are shared, the registry is not.
    ///
    /// # Errors
    /// The files cannot be linked.
    pub fn fresh(&self, folder: &Path) -> Result<Prefix> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let linked = Command::new("cp").arg("-al").args([&self.folder, &folder.to_path_buf()]).status();
        if !linked.context("starting cp")?.success() {
            bail!("{} cannot be linked", self.folder.display());
        }
        for name in ["system.reg", "user.reg", "userdef.reg"] {
            let file = folder.join(name);
            fs::remove_file(&file).with_context(|| format!("removing {}", file.display()))?;
            fs::copy(self.folder.join(name), file)?;
        }
        Ok(Prefix { folder: folder.into() })
    }
}

/// What Wine calls itself.
///
/// # Errors
/// There is no Wine.
pub fn version() -> Result<String> {
    let output = Command::new("wine").arg("--version").output().context("Wine is not installed")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A prefix in use. Everything that runs in it ends with it.
pub struct Prefix {
    /// Its folder.
    pub folder: PathBuf,
}

impl Prefix {
    /// A program of Wine's for this prefix, without a screen.
    pub fn command(&self, program: &str) -> Command {
        command(&self.folder, program)
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        wineserver(&self.folder, "-k");
        wineserver(&self.folder, "-w");
        // A folder that cannot be removed is in the next run's way, which says so.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn command(prefix: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("WINEPREFIX", prefix).env("WINEDEBUG", CHANNELS);
    command.env("WINEDLLOVERRIDES", "mscoree,mshtml=").env_remove("DISPLAY");
    command.env("XDG_RUNTIME_DIR", prefix);
    command
}

/// Tells the server of a prefix to end (`-k`), or waits until it has ended (`-w`).
fn wineserver(prefix: &Path, argument: &str) {
    let mut command = command(prefix, "wineserver");
    let begun = command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = begun else { return };
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // It waits for a program that does not end.
    let _ = child.kill();
    let _ = child.wait();
}
