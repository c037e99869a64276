//! What a run writes and `ntsim merge` reads: JSON lines, the run's identity first, then each piece in order.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::work::Identity;
use crate::campaign::Told;

/// The version of the format.
const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first one.
    Run {
        version: u32,
        identity: Identity,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        not_run: Vec<String>,
    },
    /// A piece.
    Piece { number: u64, told: Told },
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct File {
    /// What it is a part of.
    pub identity: Identity,
    /// What was left out from the start.
    pub not_run: Vec<String>,
    /// What each piece told, by its number.
    pub told: BTreeMap<u64, Told>,
}

/// Writes pieces in the order of their numbers, each as soon as all before it are written.
pub struct Writer<W: Write> {
    to: W,
    /// The numbers that are still to come, in order.
    due: std::vec::IntoIter<u64>,
    next: Option<u64>,
    waiting: BTreeMap<u64, Told>,
}

impl<W: Write> Writer<W> {
    /// Writes the first line. `due` are the numbers of the pieces that will come, in order.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(mut to: W, identity: &Identity, not_run: &[String], due: Vec<u64>) -> io::Result<Self> {
        let run = Line::Run { version: VERSION, identity: identity.clone(), not_run: not_run.to_vec() };
        write(&mut to, &run)?;
        let mut due = due.into_iter();
        let next = due.next();
        Ok(Self { to, due, next, waiting: BTreeMap::new() })
    }

    /// Takes what a piece told.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, number: u64, told: Told) -> io::Result<()> {
        self.waiting.insert(number, told);
        while let Some(number) = self.next {
            let Some(told) = self.waiting.remove(&number) else { break };
            write(&mut self.to, &Line::Piece { number, told })?;
            self.next = self.due.next();
        }
        self.to.flush()
    }
}

fn write(to: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *to, line)?;
    to.write_all(b"\n")
}

/// Reads a file.
///
/// # Errors
/// When it is not what [`Writer`] writes; the message names the line.
pub fn read(path: &Path) -> Result<File, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut file: Option<File> = None;
    for (index, line) in text.lines().enumerate() {
        let wrong = |what: &str| format!("{}, line {}: {what}", path.display(), index + 1);
        let line = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        match (line, &mut file) {
            (Line::Run { version: VERSION, identity, not_run }, None) => {
                file = Some(File { identity, not_run, told: BTreeMap::new() });
            }
            (Line::Run { .. }, None) => return Err(wrong("another version of ntsim wrote this")),
            (Line::Piece { number, told }, Some(file)) => {
                file.told.insert(number, told);
            }
            _ => return Err(wrong("out of place")),
        }
    }
    file.ok_or_else(|| format!("{} is empty", path.display()))
}
