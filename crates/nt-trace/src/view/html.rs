//! A page that a browser shows: what was found, and the sequence of calls between the drivers of a stack.
//!
//! The page holds everything that it needs: it opens without a network, and prints.

mod diagram;
mod lane;
mod message;
mod select;

use std::fmt;

use askama::Template;
use serde::{Deserialize, Serialize};

pub use diagram::{Diagram, Row};
pub use lane::Lane;
pub use select::{around, sections};

use crate::violation::Violation;

/// A name and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// What it is.
    pub value: String,
}

impl Fact {
    /// A fact.
    #[must_use]
    pub fn new(name: impl Into<String>, value: &dyn fmt::Display) -> Self {
        Self { name: name.into(), value: value.to_string() }
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its heading.
    pub heading: String,
    /// What its columns are.
    pub columns: Vec<String>,
    /// Its rows, a cell a column. Columns after the first are numbers.
    pub rows: Vec<Vec<String>>,
}

/// Something that was wrong.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// The rule, or what there is in place of one.
    pub rule: String,
    /// The bug check code.
    pub code: Option<String>,
    /// What happened.
    pub text: String,
    /// What the documentation asks for.
    pub asks: String,
    /// The documentation page's address.
    pub page: String,
    /// More about it.
    pub facts: Vec<Fact>,
    /// The driver's call stack, in lines.
    pub stack: Vec<String>,
    /// The command that replays it.
    pub command: Option<String>,
    /// The life of the IRP that it is about.
    pub diagram: Option<Diagram>,
}

impl Problem {
    /// A violation of a life.
    #[must_use]
    pub fn of(violation: &Violation, events: &[crate::Event]) -> Self {
        Self {
            rule: violation.rule.to_string(),
            code: violation.code.map(|code| code.to_string()),
            text: violation.detail.clone(),
            asks: violation.asks.to_string(),
            page: violation.page.to_string(),
            stack: violation.site.iter().map(ToString::to_string).collect(),
            diagram: Some(around(violation, events)),
            ..Self::default()
        }
    }
}

/// One step of a script: what went on between the drivers.
#[derive(Clone, Debug)]
pub struct Section {
    /// Simulated time of its beginning, in words.
    pub time: String,
    /// The step.
    pub heading: String,
    /// What a reader sees before opening it.
    pub gist: String,
    /// Shown from the start.
    pub open: bool,
    /// What went on.
    pub diagram: Diagram,
}

/// A piece of the timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The step.
    pub heading: String,
    /// The lines.
    pub lines: String,
    /// How many there are.
    pub count: usize,
}

/// A page.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "page.html")]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// More of that.
    pub subtitle: String,
    /// Nothing was wrong.
    pub good: bool,
    /// What came out, in a few words.
    pub verdict: String,
    /// What a reader wants to know first.
    pub facts: Vec<Fact>,
    /// Tables.
    pub tables: Vec<Table>,
    /// What was wrong.
    pub problems: Vec<Problem>,
    /// A life, step by step.
    pub sections: Vec<Section>,
    /// Its timeline.
    pub timeline: Vec<Chunk>,
    /// What was not done, and what nobody checked.
    pub open_ends: Vec<Fact>,
}

impl Page {
    /// The page's text.
    ///
    /// # Errors
    /// When the template cannot be filled in; it is checked when it is compiled.
    pub fn html(&self) -> Result<String, String> {
        self.render().map_err(|error| error.to_string())
    }

    /// Adds a text that [`timeline`](super::timeline()) made, cut at its headings.
    #[must_use]
    pub fn timeline(mut self, text: &str) -> Self {
        for line in text.lines() {
            match line.split_once(HEADING) {
                Some((_, heading)) => {
                    self.timeline.push(Chunk { heading: heading.into(), ..Chunk::default() });
                }
                None if line.is_empty() => {}
                None => {
                    if self.timeline.is_empty() {
                        self.timeline.push(Chunk { heading: "load".into(), ..Chunk::default() });
                    }
                    if let Some(chunk) = self.timeline.last_mut() {
                        chunk.lines.push_str(line);
                        chunk.lines.push('\n');
                        chunk.count += 1;
                    }
                }
            }
        }
        self
    }
}

/// What a timeline's heading has after its time.
const HEADING: &str = " \u{2500}\u{2500} ";
