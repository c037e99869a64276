//! Standard output: text with styles that only a terminal sees, or JSON.

use std::io::{self, Write as _};

use serde::Serialize;

/// For whom a command writes.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    is_json: bool,
}

impl Output {
    /// For people, or for programs.
    pub const fn new(is_json: bool) -> Self {
        Self { is_json }
    }

    /// Programs read it.
    pub const fn is_json(self) -> bool {
        self.is_json
    }

    /// Says something about the command on stderr, where it does not mix with data. Programs are not told.
    pub fn note(self, line: &str) {
        if !self.is_json {
            // Nobody is there to be told when stderr is closed.
            let _ = writeln!(anstream::stderr().lock(), "{line}");
        }
    }
}

/// Text, as it is.
///
/// # Errors
/// Nobody reads it any more.
pub fn text(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// A line.
///
/// # Errors
/// Nobody reads it any more.
pub fn line(line: &str) -> io::Result<()> {
    text(&format!("{line}\n"))
}

/// A document.
///
/// # Errors
/// Nobody reads it any more.
pub fn json(value: &impl Serialize) -> io::Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// One of many values, on a line of its own.
///
/// # Errors
/// Nobody reads it any more.
pub fn json_line(value: &impl Serialize) -> io::Result<()> {
    line(&serde_json::to_string(value)?)
}
