//! What went wrong, what to do next, and the exit code.

use std::{fmt, io, process::ExitCode};

use serde::Serialize;
use usbclient_user::{Error, ErrorKind};

use crate::output::units;

/// Exit codes, as `docs/usbctl.md` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Exit {
    /// Anything that has no code of its own.
    Failed = 1,
    /// The command line is wrong. clap has the same code.
    Usage = 2,
    /// No such device, interface or endpoint, or several fit.
    NotFound = 3,
    /// No device of this driver is installed here.
    NotInstalled = 4,
    /// This user, or this file, may not.
    AccessDenied = 5,
    /// Another program has claimed it.
    InUse = 6,
    /// The device went away.
    Unplugged = 7,
    /// It took too long.
    TimedOut = 8,
    /// The device refuses.
    Stalled = 9,
    /// The driver broke a rule in the simulated kernel.
    RuleBroken = 10,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command was not done, or only in part.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong, in a sentence.
    pub what: String,
    /// The system's code.
    pub code: Option<String>,
    /// Bytes that had been moved, if the command moves some.
    pub moved: Option<u64>,
    /// More lines: candidates, findings.
    pub details: Vec<String>,
    /// What can be done now.
    pub next: Option<String>,
    /// Whoever reads the output has gone: nothing is said about it.
    pub is_broken_pipe: bool,
}

/// As `--json` writes it.
#[derive(Debug, Serialize)]
struct Report<'a> {
    kind: Exit,
    exit_code: u8,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_moved: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    details: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

impl Failure {
    /// With a sentence.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            code: None,
            moved: None,
            details: Vec::new(),
            next: None,
            is_broken_pipe: false,
        }
    }

    /// The options do not fit together, or do not fit the device.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// Ctrl-C.
    pub fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "cancelled")
    }

    /// A file could not be read or written.
    pub fn file(doing: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self::new(Exit::Failed, format!("{doing} {}: {error}", path.display()))
    }

    /// With what can be done now.
    pub fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    /// With how much had been moved by all transfers.
    pub const fn moved(mut self, bytes: u64) -> Self {
        self.moved = Some(bytes);
        self
    }

    /// As one JSON object.
    pub fn json(&self) -> serde_json::Value {
        let report = Report {
            kind: self.exit,
            exit_code: self.exit as u8,
            message: &self.what,
            code: self.code.as_deref(),
            bytes_moved: self.moved,
            details: &self.details,
            next: self.next.as_deref(),
        };
        serde_json::json!({ "error": report })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.moved {
            Some(0) => f.write_str("; nothing had been moved")?,
            Some(bytes) => write!(f, "; {} had been moved", units::size(bytes))?,
            None => {}
        }
        for line in &self.details {
            write!(f, "\n  {line}")?;
        }
        self.next.as_ref().map_or(Ok(()), |next| write!(f, "\n  {next}"))
    }
}

/// Writing to stdout failed.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let is_broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { is_broken_pipe, ..Self::new(Exit::Failed, format!("writing the output: {error}")) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::NotFound => Exit::NotFound,
            ErrorKind::NotInstalled => Exit::NotInstalled,
            ErrorKind::AccessDenied => Exit::AccessDenied,
            ErrorKind::Busy => Exit::InUse,
            ErrorKind::Disconnected => Exit::Unplugged,
            ErrorKind::TimedOut => Exit::TimedOut,
            ErrorKind::Stall => Exit::Stalled,
            ErrorKind::Simulator => Exit::RuleBroken,
            _ => Exit::Failed,
        };
        let code = error.code().map(|code| code.to_string());
        // Commands say themselves how much all transfers have moved.
        let what = error.to_string().replace(&format!(", after {} bytes had been moved", error.moved()), "");
        if error.kind() == ErrorKind::Simulator {
            let about = format!("{}: {}: ", error.doing(), error.kind());
            let details = what.strip_prefix(&about).unwrap_or(&what).lines().map(str::to_owned).collect();
            return Self { details, ..Self::new(exit, "the simulated kernel found something wrong:") };
        }
        let next = match error.kind() {
            ErrorKind::NotReady => Some(
                "The driver is there, but the device did not start: Device Manager shows its problem code.",
            ),
            _ => next(exit),
        };
        Self { code, next: next.map(str::to_owned), ..Self::new(exit, what) }
    }
}

/// What can be done after an error of a kind.
pub const fn next(exit: Exit) -> Option<&'static str> {
    Some(match exit {
        Exit::NotFound => "`usbctl list` shows what is there.",
        Exit::NotInstalled => {
            "Is the device plugged in, and usbclient installed for it? In Device Manager it is under the class that the INF \
             names; `pnputil /enum-devices /connected` lists it too."
        }
        Exit::AccessDenied => {
            "The INF says who may open the device (docs/interface.md). An administrator may; and do without --read-only."
        }
        Exit::InUse => {
            "Another program has claimed it: `usbctl list` shows which interface. Close that program; `usbctl watch` tells \
             when its file is closed."
        }
        Exit::Unplugged => "Plug the device in again; `usbctl watch` tells when it is there.",
        Exit::TimedOut => {
            "The device did not answer in time. Allow more with --timeout, or try `usbctl reset`."
        }
        Exit::Stalled => {
            "The device refused the request, or its endpoint is halted: `usbctl reset --pipe ADDRESS` clears a halt."
        }
        _ => return None,
    })
}
