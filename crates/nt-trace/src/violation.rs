//! What a rule reports.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::event::{BugCheck, Event};
use crate::object::ObjectId;
use crate::value::{Site, Text};

/// A bug check code and, where one tells cases apart, its first parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Code {
    /// The bug check code.
    pub check: u32,
    /// The first parameter.
    pub parameter: Option<u32>,
}

impl Code {
    /// A code with its first parameter, for instance `0x144/0x804`.
    #[must_use]
    pub const fn new(check: u32, parameter: u32) -> Self {
        Self { check, parameter: Some(parameter) }
    }

    /// A code that says enough by itself, for instance `0x44`.
    #[must_use]
    pub const fn only(check: u32) -> Self {
        Self { check, parameter: None }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parameter {
            Some(parameter) => write!(f, "0x{:X}/0x{parameter:X}", self.check),
            None => write!(f, "0x{:X}", self.check),
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Worth a look; a correct driver may do it.
    Advice,
    /// The documentation forbids it.
    #[default]
    Error,
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The rule's name, Microsoft's where there is one.
    pub rule: Text,
    /// The bug check that Driver Verifier or the USB stack raises for it on Windows, if any.
    pub code: Option<Code>,
    /// How bad it is.
    pub severity: Severity,
    /// What the documentation asks for, in our words.
    pub asks: Text,
    /// What happened instead.
    pub detail: String,
    /// The documentation page.
    pub page: Text,
    /// The objects concerned, the most important first.
    pub objects: Vec<ObjectId>,
    /// The events concerned by `seq`, in order; the last is where the rule was found broken.
    pub seqs: Vec<u64>,
    /// Where the driver was.
    pub site: Option<Site>,
    /// How often it was found at this site.
    pub times: u32,
}

impl Violation {
    /// A violation of `rule`, found at `event`.
    #[must_use]
    pub fn new(rule: &'static str, event: &Event) -> Self {
        let known = catalogue::find(rule);
        Self {
            rule: rule.into(),
            code: None,
            severity: Severity::Error,
            asks: known.map_or("", |entry| entry.meaning).into(),
            detail: String::new(),
            page: known.map_or_else(String::new, |entry| entry.page.to_string()).into(),
            objects: Vec::new(),
            seqs: vec![event.seq],
            site: event.site.clone(),
            times: 1,
        }
    }

    /// Adds the bug check code and first parameter.
    #[must_use]
    pub const fn code(mut self, check: u32, parameter: u32) -> Self {
        self.code = Some(Code::new(check, parameter));
        self
    }

    /// Adds the bug check code.
    #[must_use]
    pub const fn check(mut self, check: u32) -> Self {
        self.code = Some(Code::only(check));
        self
    }

    /// Adds an object, unless it is null or there already.
    #[must_use]
    pub fn object(mut self, object: ObjectId) -> Self {
        if object.is_some() && !self.objects.contains(&object) {
            self.objects.push(object);
        }
        self
    }

    /// Adds an earlier event.
    #[must_use]
    pub fn since(mut self, seq: u64) -> Self {
        if let Err(at) = self.seqs.binary_search(&seq) {
            self.seqs.insert(at, seq);
        }
        self
    }

    /// Says what happened.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Makes it advice.
    #[must_use]
    pub const fn advice(mut self) -> Self {
        self.severity = Severity::Advice;
        self
    }

    /// Replaces the site, for what is found long after it happened.
    #[must_use]
    pub fn at(mut self, site: Option<&Site>) -> Self {
        self.site = site.cloned();
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)?;
        if let Some(code) = self.code {
            write!(f, " ({code})")?;
        }
        write!(f, ": {}", self.detail)?;
        if let Some(site) = &self.site {
            write!(f, " at {site}")?;
        }
        if self.times > 1 {
            write!(f, " ({} times)", self.times)?;
        }
        Ok(())
    }
}

/// What was found so far. The same rule broken again at the same place is counted, not listed, so a
/// loop does not fill the memory.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    list: Vec<Violation>,
}

impl Findings {
    /// Reports a violation.
    pub fn report(&mut self, violation: Violation) {
        let again = self.list.iter_mut().find(|known| {
            known.site.is_some()
                && known.site == violation.site
                && known.rule == violation.rule
                && known.code == violation.code
        });
        match again {
            Some(known) => known.times = known.times.saturating_add(1),
            None => self.list.push(violation),
        }
    }

    /// Reports a violation, if there is one.
    pub fn report_if(&mut self, violation: Option<Violation>) {
        if let Some(violation) = violation {
            self.report(violation);
        }
    }

    /// The violations in the order they were found.
    #[must_use]
    pub fn list(&self) -> &[Violation] {
        &self.list
    }

    /// Whether a violation tells already why the machine stopped: it carries the same code, or it was found
    /// in the very kernel call that stopped it.
    #[must_use]
    pub fn explains(&self, event: &Event, stop: &BugCheck) -> bool {
        let [parameter, ..] = stop.parameters;
        let same_code = |code: Code| {
            code.check == stop.code && code.parameter.is_none_or(|known| u64::from(known) == parameter)
        };
        self.list.iter().any(|violation| {
            violation.code.is_some_and(same_code) || (event.site.is_some() && violation.site == event.site)
        })
    }
}
