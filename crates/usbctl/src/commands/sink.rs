//! Where data that was read goes: a file, stdout as it is, a dump, or JSON.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    output::{Output, hex},
};

/// Takes data.
#[derive(Debug)]
pub enum Sink {
    /// A file.
    File(File, PathBuf),
    /// Stdout, as it is.
    Raw,
    /// Lines for a person, on stdout.
    Dump(hex::Dump),
    /// Kept for the document that is written at the end.
    Kept(Vec<u8>),
}

impl Sink {
    /// As `--output`, `--hex` and `--json` say, and what stdout is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn open(output: Option<&Path>, wants_dump: bool, to: Output) -> Result<Self, Failure> {
        match output {
            Some(path) if path != Path::new("-") => File::create(path)
                .map(|file| Self::File(file, path.to_owned()))
                .map_err(|error| Failure::file("cannot write", path, &error)),
            _ if to.is_json() => Ok(Self::Kept(Vec::new())),
            _ if wants_dump => Ok(Self::Dump(hex::Dump::default())),
            None if io::stdout().is_terminal() => Ok(Self::Dump(hex::Dump::default())),
            _ => Ok(Self::Raw),
        }
    }

    /// Takes some data.
    ///
    /// # Errors
    /// The disk is full, or whoever reads stdout has gone.
    pub fn take(&mut self, data: &[u8]) -> Result<(), Failure> {
        match self {
            Self::File(file, path) => {
                file.write_all(data).map_err(|error| Failure::file("cannot write", path, &error))
            }
            Self::Raw => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(data)?;
                Ok(stdout.flush()?)
            }
            Self::Dump(dump) => Ok(anstream::stdout().lock().write_all(dump.lines(data).as_bytes())?),
            Self::Kept(kept) => {
                kept.extend_from_slice(data);
                Ok(())
            }
        }
    }

    /// Writes what is left. For JSON it gives the data back, as digits.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn finish(self) -> Result<Option<String>, Failure> {
        match self {
            Self::File(..) | Self::Raw => Ok(None),
            Self::Dump(dump) => {
                anstream::stdout().lock().write_all(dump.finish().as_bytes())?;
                Ok(None)
            }
            Self::Kept(kept) => Ok(Some(hex::plain(&kept))),
        }
    }
}
