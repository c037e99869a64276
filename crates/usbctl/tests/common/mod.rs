//! Runs the command, with the real driver in the simulated kernel.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

/// The driver's file: `USBCLIENT_SYS`, or what `cargo xtask` built last.
pub fn driver_file() -> PathBuf {
    let built = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/driver/usbclient.sys"));
    let path = std::env::var_os("USBCLIENT_SYS").map_or_else(built, PathBuf::from);
    assert!(path.is_file(), "{} is not there: build it with `cargo xtask run`", path.display());
    path
}

/// The command without a simulation.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usbctl"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("CLICOLOR");
    command
}

/// The command with the driver in the simulated kernel.
pub fn usbctl(arguments: &[&str]) -> Command {
    let mut command = bare(&[]);
    command.arg("--sim").arg(driver_file()).args(arguments);
    command
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    /// Its exit code.
    pub code: Option<i32>,
    /// Stdout, as it came.
    pub data: Vec<u8>,
    /// Stderr.
    pub stderr: String,
}

impl Done {
    /// Stdout as text.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    /// Stdout as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.data)
            .unwrap_or_else(|error| panic!("{error} in {}; stderr: {}", self.stdout(), self.stderr))
    }

    /// The error that `--json` writes to stderr.
    pub fn error(&self) -> serde_json::Value {
        let value: serde_json::Value = serde_json::from_str(self.stderr.trim())
            .unwrap_or_else(|error| panic!("{error} in {}", self.stderr));
        value["error"].clone()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { code: output.status.code(), data: output.stdout, stderr }
    }
}

/// Runs a command to its end, without input.
pub fn done(mut command: Command) -> Done {
    command.stdin(Stdio::null()).output().expect("it runs").into()
}

/// Runs the command on the simulated devices.
pub fn run(arguments: &[&str]) -> Done {
    done(usbctl(arguments))
}

/// As [`run`], and it must succeed.
pub fn good(arguments: &[&str]) -> Done {
    let done = run(arguments);
    assert_eq!(done.code, Some(0), "{arguments:?}: {}{}", done.stdout(), done.stderr);
    done
}

/// As [`run`], with this on stdin.
pub fn fed(arguments: &[&str], input: &[u8]) -> Done {
    let mut child = spawn(usbctl(arguments).stdin(Stdio::piped()));
    child.stdin.take().expect("piped").write_all(input).expect("it reads");
    child.wait_with_output().expect("it ends").into()
}

/// Starts a command whose output is read here.
pub fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
}

/// Sends Ctrl-C.
pub fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}
