//! A finding in a file: what repeats it, and of which image.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::work::{name_of, sha256};
use crate::campaign::{Finding, Piece};

/// A finding as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The driver's file name.
    pub driver: String,
    /// The SHA-256 of the image. Another image makes other choices.
    pub sha256: String,
    /// The piece of work that found it.
    pub piece: Piece,
    /// What was wrong, and what repeats it.
    pub finding: Finding,
}

impl Saved {
    /// A finding of a piece of work on an image.
    ///
    /// # Errors
    /// When the image cannot be read.
    pub fn new(image: &Path, piece: &Piece, finding: &Finding) -> Result<Self, String> {
        let (driver, sha256) = (name_of(image), sha256(image)?);
        Ok(Self { driver, sha256, piece: piece.clone(), finding: finding.clone() })
    }

    /// Writes it, and makes the folder if there is none.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &Path, number: usize) -> Result<PathBuf, String> {
        let path = folder.join(format!("finding-{number}.json"));
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, text + "\n"))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }
}
