//! Two kinds of failure: what was tried went wrong (exit status 1), or it could not be tried (2).

use std::{fmt, process::ExitCode};

/// A command cannot be done here: a tool is missing, a path cannot be read. Exit status 2.
#[derive(Debug)]
pub struct CannotRun(String);

impl fmt::Display for CannotRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CannotRun {}

/// An error that ends xtask with exit status 2.
pub fn cannot_run(message: impl Into<String>) -> anyhow::Error {
    CannotRun(message.into()).into()
}

/// Whether an error says that something could not be tried.
pub fn is_cannot_run(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<CannotRun>().is_some())
}

/// Prints an error as one line and gives the exit status that belongs to it.
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("xtask: {error:#}");
    ExitCode::from(if is_cannot_run(error) { 2 } else { 1 })
}
