//! What a campaign says of its work: one line of JSON each.

use std::fmt;

use nt_trace::{Severity, Site, event::EventKind};
use serde::{Deserialize, Serialize};

use super::{Piece, Recipe, order};
use crate::life::Life;

/// Something that a piece of work has to tell. Records of many pieces add up, in any order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// Lives were lived.
    Lives {
        /// How many.
        lives: u64,
        /// Kernel calls of the driver in them.
        calls: u64,
    },
    /// Places in the driver whose calls may fail, as `ROUTINE+0xOFFSET`.
    Sites {
        /// Those that were reached.
        seen: Vec<String>,
        /// Those of which a call failed in some life.
        failed: Vec<String>,
    },
    /// Orders of threads were tried.
    Schedules {
        /// How many.
        explored: u64,
        /// Whether these were all within this many preemptions.
        exhaustive: Option<u32>,
    },
    /// Scripts or requests were made up and played.
    Scripts {
        /// How many.
        scripts: u64,
    },
    /// A specimen was played.
    Specimen {
        /// The rule that must catch it. None: it breaks nothing.
        rule: Option<String>,
        /// Whether it was caught by that rule and by no other that is not allowed for.
        caught: bool,
    },
    /// Basic blocks of the driver that were reached, as offsets into the image.
    Blocks {
        /// Those reached for the first time in this process.
        hit: Vec<u32>,
    },
    /// Something that belongs to the campaign was not done.
    NotRun {
        /// What, and why.
        reason: String,
    },
    /// Something was wrong.
    Finding(Box<Finding>),
    /// More was wrong than is kept of one piece.
    More {
        /// How many findings were not kept.
        findings: u64,
    },
    /// The process that did the piece ended before it, or was ended because it said nothing for too long. Its
    /// work is lost; that is as bad as a finding.
    Died {
        /// How it ended.
        reason: String,
    },
}

/// A life in which something was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was wrong.
    pub wrong: Vec<Wrong>,
    /// What repeats it.
    pub recipe: Recipe,
}

/// One thing that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// The rule that was broken. None: a leak, a life that stopped, a script that went otherwise without a reason.
    pub rule: Option<String>,
    /// The bug check code and its parameter, where Windows has one.
    pub code: Option<String>,
    /// In words.
    pub text: String,
    /// The event at which it was seen, by its number in the trace.
    pub event: Option<u64>,
    /// Where the driver was then.
    pub site: Option<Site>,
    /// The driver's call stack then, the innermost place first: return addresses, the first one as in `site`.
    /// Filled in by the worker, which lives the life again for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Site>,
}

impl Wrong {
    /// Something that no rule says.
    #[must_use]
    pub const fn said(text: String) -> Self {
        Self { rule: None, code: None, text, event: None, site: None, stack: Vec::new() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rule) = &self.rule {
            write!(f, "{rule}: ")?;
        }
        f.write_str(&self.text)
    }
}

impl Finding {
    /// What was wrong in a life, with what repeats it. None: nothing was.
    ///
    /// `must_follow_script`: nothing was done to the driver that lets the script go otherwise than it says.
    #[must_use]
    pub fn of(recipe: &Recipe, life: &Life, must_follow_script: bool) -> Option<Self> {
        let mut wrong = wrong_in(life);
        if must_follow_script {
            wrong.extend(life.difference.clone().map(Wrong::said));
        }
        if wrong.is_empty() {
            return None;
        }
        Some(Self { wrong, recipe: recipe.clone().as_played(life) })
    }

    /// As a record.
    #[must_use]
    pub fn record(self) -> Record {
        Record::Finding(Box::new(self))
    }
}

/// What nothing excuses: a broken rule, a leak, a machine that stopped, a handle that is not closed in time.
#[must_use]
pub fn wrong_in(life: &Life) -> Vec<Wrong> {
    let errors = life.violations.iter().filter(|one| one.severity == Severity::Error);
    let mut wrong: Vec<Wrong> = errors
        .map(|one| Wrong {
            rule: Some(one.rule.to_string()),
            code: one.code.as_ref().map(ToString::to_string),
            text: one.detail.clone(),
            event: one.seqs.last().copied(),
            site: one.site.clone(),
            stack: Vec::new(),
        })
        .collect();
    wrong.extend(life.cut_short.clone().map(Wrong::said));
    wrong.extend(life.events.iter().filter_map(|event| match &event.kind {
        EventKind::Leak(leak) => Some(Wrong::said(format!("{} is left: {}", leak.object, leak.what))),
        _ => None,
    }));
    wrong.extend(order::handles_are_closed_in_time(&life.events).err().map(Wrong::said));
    if wrong.is_empty() && !life.is_clean() {
        wrong.push(Wrong::said("the life is not clean".into()));
    }
    wrong
}

/// A piece and what it had to tell: what a worker writes and what is merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The piece.
    pub piece: Piece,
    /// What it told.
    pub records: Vec<Record>,
}
