//! JSON lines: one event a line, the first line says which format it is.

use std::fmt;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::event::{Event, VERSION};

#[derive(Serialize, Deserialize)]
struct Header {
    nt_trace: u32,
}

/// A trace could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum JsonError {
    /// Reading failed.
    Io(io::Error),
    /// A line is no event; lines count from 1.
    Line(usize, serde_json::Error),
    /// The trace has another format version, or none.
    Version(Option<u32>),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the trace cannot be read: {error}"),
            Self::Line(line, error) => write!(f, "line {line} is no trace event: {error}"),
            Self::Version(Some(found)) => {
                write!(f, "the trace has format {found}, this reads format {VERSION}")
            }
            Self::Version(None) => f.write_str("the first line does not say that this is a trace"),
        }
    }
}

impl std::error::Error for JsonError {}

/// One event as a line, without the line end.
///
/// # Errors
/// Never for the events of this crate; the serializer's error is passed on all the same.
pub fn to_json_line(event: &Event) -> Result<String, serde_json::Error> {
    serde_json::to_string(event)
}

/// Writes a whole trace, header included.
///
/// # Errors
/// What writing to `out` reports.
pub fn write_json_lines<'a>(
    out: &mut dyn Write,
    events: impl IntoIterator<Item = &'a Event>,
) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Header { nt_trace: VERSION })?;
    writeln!(out)?;
    for event in events {
        serde_json::to_writer(&mut *out, event)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Reads a whole trace.
///
/// # Errors
/// [`JsonError`] for a reader's failure, a line that is no event, or another format version.
pub fn read_json_lines(input: impl BufRead) -> Result<Vec<Event>, JsonError> {
    let mut lines = input.lines();
    let first = lines.next().transpose().map_err(JsonError::Io)?.ok_or(JsonError::Version(None))?;
    match serde_json::from_str::<Header>(&first) {
        Ok(Header { nt_trace: VERSION }) => {}
        Ok(Header { nt_trace }) => return Err(JsonError::Version(Some(nt_trace))),
        Err(_) => return Err(JsonError::Version(None)),
    }
    let parse = |(index, line): (usize, io::Result<String>)| {
        let line = line.map_err(JsonError::Io)?;
        serde_json::from_str(&line).map_err(|error| JsonError::Line(index + 2, error))
    };
    lines.enumerate().map(parse).collect()
}
