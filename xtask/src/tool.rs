//! Other programs.

use std::{
    io::ErrorKind,
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::failure::cannot_run;

/// The cargo that runs this xtask.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a program with the terminal's input and output.
///
/// # Errors
///
/// The program is missing (exit status 2).
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    command.status().map_err(|error| not_started(command, &error))
}

/// Runs a program and fails unless it succeeds.
///
/// # Errors
///
/// The program is missing (exit status 2), or it failed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a program and gives what it prints.
///
/// # Errors
///
/// The program is missing (exit status 2), it failed, or it printed something other than text.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", line(command), output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of `{}`", line(command)))
}

/// Whether a program of this name is in PATH.
pub fn exists(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Reads a text file.
///
/// # Errors
///
/// The file cannot be read (exit status 2).
pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| cannot_run(format!("{} cannot be read: {error}", path.display())))
}

/// Writes a file unless it has these contents already, so that its time of change means something.
///
/// # Errors
///
/// The file cannot be written.
pub fn write_if_changed(path: &Path, contents: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|existing| existing == contents) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    std::fs::write(path, contents).with_context(|| format!("writing {}", path.display()))
}

fn not_started(command: &Command, error: &std::io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy();
    if error.kind() == ErrorKind::NotFound {
        cannot_run(format!("`{program}` is not installed"))
    } else {
        cannot_run(format!("`{program}` cannot be started: {error}"))
    }
}

/// A command for a message: the program's name and as many arguments as make a short line.
fn line(command: &Command) -> String {
    const LONGEST: usize = 80;
    let program = Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    let mut line = program.to_string_lossy().into_owned();
    for word in command.get_args() {
        if line.len() + word.len() > LONGEST {
            line.push_str(" ...");
            break;
        }
        line.push(' ');
        line.push_str(&word.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_short() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["build", "--package", "usbclient", "--config"]).arg("x".repeat(100)).arg("--release");
        assert_eq!(line(&command), "cargo build --package usbclient --config ...");
    }

    #[test]
    fn a_missing_program_cannot_be_run() {
        let error = status(&mut Command::new("no-such-program-for-usbclient")).expect_err("it is missing");
        assert!(crate::failure::is_cannot_run(&error));
        assert_eq!(error.to_string(), "`no-such-program-for-usbclient` is not installed");
    }
}
