//! Differences between the two kernels that are explained: `tests/wine/differences.toml`.

use std::{cell::Cell, collections::BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::compare::{Difference, Only};

/// One explanation.
#[derive(Debug, Deserialize)]
pub struct Explanation {
    /// What the driver is called for.
    pub what: String,
    /// Where.
    pub only: Only,
    /// The routines that it calls, with blanks between; without it, whichever.
    pub way: Option<String>,
    /// Why it is so.
    pub because: String,
    #[serde(skip)]
    used: Cell<bool>,
}

#[derive(Deserialize)]
struct File {
    difference: Vec<Explanation>,
}

/// All of them.
pub struct Explained(Vec<Explanation>);

impl Explained {
    /// Reads the table.
    ///
    /// # Errors
    /// It is not as it must be.
    pub fn read() -> Result<Self> {
        let file: File = toml::from_str(include_str!("../differences.toml")).context("differences.toml")?;
        Ok(Self(file.difference))
    }

    /// The differences that nobody has explained, in words.
    #[must_use]
    pub fn rest(&self, found: &BTreeSet<Difference>) -> Vec<String> {
        found.iter().filter(|difference| !self.explains(difference)).map(ToString::to_string).collect()
    }

    fn explains(&self, difference: &Difference) -> bool {
        let way = difference.way.as_ref().map(|way| way.join(" "));
        let fits = |it: &&Explanation| {
            it.what == difference.what && it.only == difference.only && (it.way.is_none() || it.way == way)
        };
        let found: Vec<&Explanation> = self.0.iter().filter(fits).collect();
        found.iter().for_each(|it| it.used.set(true));
        !found.is_empty()
    }

    /// Explanations of what did not come in this run.
    pub fn unused(&self) -> impl Iterator<Item = &Explanation> {
        self.0.iter().filter(|it| !it.used.get())
    }

    /// All of them, for a table.
    #[cfg(test)]
    pub fn all(&self) -> &[Explanation] {
        &self.0
    }
}
