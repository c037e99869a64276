//! What there is to do: every campaign's pieces, or a share of them.

use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

use nt_trace::RuleSet;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::campaign::{
    self, Campaign, Piece, Plan, Share,
    specimens::{self, Specimens, Table},
};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The driver's image.
    pub driver: PathBuf,
    /// How much, from which seed, with which device.
    pub plan: Plan,
    /// Only this.
    pub only: Option<Only>,
    /// Only this share of it.
    pub share: Share,
    /// Where the specimens are.
    pub specimens: Option<SpecimenFolders>,
}

/// Where the specimens are.
#[derive(Clone, Debug, Default)]
pub struct SpecimenFolders {
    /// Their images.
    pub images: PathBuf,
    /// `expectations.json` and `scenarios.json`.
    pub table: PathBuf,
}

/// What `--only` names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Only {
    /// One campaign.
    Campaign(String),
    /// The specimens of a rule, and of everything else what this rule says.
    Rule(String),
}

impl Only {
    /// Finds out what a name is.
    ///
    /// # Errors
    /// When it is neither a campaign nor a rule; the message lists the campaigns.
    pub fn named(name: &str) -> Result<Self, String> {
        let campaigns: Vec<&str> = campaign_names();
        if campaigns.contains(&name) {
            return Ok(Self::Campaign(name.into()));
        }
        if RuleSet::all().names().contains(&name) {
            return Ok(Self::Rule(name.into()));
        }
        Err(format!(
            "{name} is neither a rule (docs/rules.md) nor a campaign; there are {}",
            campaigns.join(", ")
        ))
    }

    /// The rule that alone counts, if one does.
    #[must_use]
    pub const fn rule(&self) -> Option<&str> {
        match self {
            Self::Rule(rule) => Some(rule.as_str()),
            Self::Campaign(_) => None,
        }
    }
}

/// The names of all campaigns, that of the specimens first.
#[must_use]
pub fn campaign_names() -> Vec<&'static str> {
    let mut names = vec![specimens::NAME];
    names.extend(campaign::all().iter().map(|campaign| campaign.name()));
    names
}

/// A piece for a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its place in the order of all pieces, those of other shares included.
    pub number: u64,
    /// The image to load.
    pub image: PathBuf,
    /// The piece.
    pub piece: Piece,
}

/// What identifies a run: results of runs that differ in it cannot be merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The driver's file name.
    pub driver: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// What was planned.
    pub plan: Plan,
    /// What `--only` named.
    pub only: Option<Only>,
    /// How many pieces there are in all shares.
    pub pieces: u64,
}

/// Everything that is to be done here.
#[derive(Clone, Debug)]
pub struct Work {
    /// What it is a part of.
    pub identity: Identity,
    /// The pieces of this share, in order.
    pub jobs: Vec<Job>,
    /// What is left out from the start, and why.
    pub not_run: Vec<String>,
}

impl Work {
    /// Cuts what is asked for into pieces. Equal requests give equal pieces on every machine.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn cut(request: &Request) -> Result<Self, String> {
        let mut all: Vec<(PathBuf, Piece)> = Vec::new();
        let mut not_run = Vec::new();
        add_specimens(request, &mut all, &mut not_run)?;
        for campaign in campaign::all() {
            if wanted(request, campaign.name()) {
                let pieces = campaign.pieces(&request.plan);
                if pieces.is_empty() {
                    not_run.push(format!("{}: nothing of it suits this driver", campaign.name()));
                }
                all.extend(pieces.into_iter().map(|piece| (request.driver.clone(), piece)));
            }
        }
        let pieces = all.len() as u64;
        let numbered = (0_u64..).zip(all).enumerate();
        let jobs = numbered
            .filter(|(index, _)| request.share.has(*index))
            .map(|(_, (number, (image, piece)))| Job { number, image, piece })
            .collect();
        let driver = name_of(&request.driver);
        let sha256 = sha256(&request.driver)?;
        let (plan, only) = (request.plan.clone(), request.only.clone());
        Ok(Self { identity: Identity { driver, sha256, plan, only, pieces }, jobs, not_run })
    }
}

fn add_specimens(
    request: &Request,
    all: &mut Vec<(PathBuf, Piece)>,
    not_run: &mut Vec<String>,
) -> Result<(), String> {
    if !wanted(request, specimens::NAME) {
        return Ok(());
    }
    let Some(folders) = &request.specimens else {
        not_run.push("specimens: no folder of them was named (--specimens)".into());
        return Ok(());
    };
    let campaign = Specimens { table: Table::read(&folders.table)? };
    for piece in campaign.pieces(&request.plan) {
        let specimen = campaign.table.find(&piece.subject).map(|(specimen, _)| specimen);
        let rule = request.only.as_ref().and_then(Only::rule);
        if rule.is_none() || specimen.is_some_and(|specimen| specimen.rule.as_deref() == rule) {
            all.push((folders.images.join(format!("{}.sys", piece.subject)), piece));
        }
    }
    Ok(())
}

fn wanted(request: &Request, campaign: &str) -> bool {
    !matches!(&request.only, Some(Only::Campaign(name)) if name != campaign)
}

/// A file's name without its folder.
#[must_use]
pub fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// When it cannot be read.
pub fn sha256(path: &Path) -> Result<String, String> {
    let at = |error: io::Error| format!("{}: {error}", path.display());
    let digest = Sha256::digest(fs::read(path).map_err(at)?);
    Ok(digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
