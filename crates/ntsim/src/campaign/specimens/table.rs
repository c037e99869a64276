//! The table of specimens, as it is in files.

use std::{fs, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use crate::scenario::Scenario;

/// What stands in the place of a rule for a driver that breaks none and does not do what its script expects.
pub const SCRIPT: &str = "script";

/// A driver with one defect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Specimen {
    /// Its image is `NAME.sys`.
    pub name: String,
    /// The rule that must catch it, or [`SCRIPT`]; none for a driver that breaks nothing.
    pub rule: Option<String>,
    /// What is played.
    pub scenario: String,
    /// Rules that may speak up as well.
    #[serde(default)]
    pub allowed: Vec<Allowed>,
    /// Whether each read of user memory must be told for it to be caught.
    #[serde(default)]
    pub user_reads: bool,
    /// Whether its defect shows only in some order of threads that switch at atomic instructions: then orders are
    /// explored, and one of them must show it.
    #[serde(default)]
    pub orders: bool,
}

/// A rule that may speak up of a specimen beside its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Allowed {
    /// The rule.
    pub rule: String,
    /// Why.
    pub reason: String,
}

impl Specimen {
    /// Whether a rule may speak up of it.
    #[must_use]
    pub fn allows(&self, rule: &str) -> bool {
        self.rule.as_deref() == Some(rule) || self.allowed.iter().any(|allowed| allowed.rule == rule)
    }
}

/// All specimens, and what is played with them.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The specimens.
    pub specimens: Vec<Specimen>,
    /// The scenarios that they name.
    pub scenarios: Vec<Scenario>,
}

impl Table {
    /// Reads `expectations.json` and `scenarios.json` of a folder.
    ///
    /// # Errors
    /// A file cannot be read or is no such table.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let specimens = parse(&folder.join("expectations.json"))?;
        Ok(Self { specimens, scenarios: parse(&folder.join("scenarios.json"))? })
    }

    /// A specimen and its scenario.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(&Specimen, &Scenario)> {
        let specimen = self.specimens.iter().find(|specimen| specimen.name == name)?;
        let scenario = self.scenarios.iter().find(|scenario| scenario.name == specimen.scenario)?;
        Some((specimen, scenario))
    }
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| at(&error))?;
    serde_json::from_str(&text).map_err(|error| at(&error))
}
