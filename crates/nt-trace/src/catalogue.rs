//! Every rule by name: what it asks for, where that is documented, and where this project checks it.
//!
//! `sdv.txt` lists the WDM rules of Static Driver Verifier, all of them; `ours.txt` what else the rules of
//! this crate report. `verifier.txt` lists the codes of Driver Verifier and of the USB stacks, `types.txt` the
//! compile-fail tests of what types make unwritable, `unreachable.txt` what usbclient never calls. Meanings are
//! one-line readings in our words.

mod page;
mod tables;

pub use page::rules_page;
pub use tables::{Code, How, codes, types, unreachable};

use std::fmt;

const SDV: &str = include_str!("catalogue/sdv.txt");
const OURS: &str = include_str!("catalogue/ours.txt");

/// SDV names whose predicate, read for a driver that works asynchronously, is the one of another name.
const SAME_PREDICATE: &[(&str, &str)] = &[
    ("IoAllocateIrpSignalEventInCompletion2", "IoAllocateIrpSignalEventInCompletion"),
    ("IoAllocateIrpSignalEventInCompletion3", "IoAllocateIrpSignalEventInCompletion"),
    ("IoBuildFsdFree", "IoAllocateFree"),
    ("IoBuildFsdIrpSignalEventInCompletion", "IoAllocateIrpSignalEventInCompletion"),
    ("IoBuildFsdIrpSignalEventInCompletion2", "IoAllocateIrpSignalEventInCompletion"),
    ("IoBuildFsdIrpSignalEventInCompletion3", "IoAllocateIrpSignalEventInCompletion"),
    ("PendedCompletedRequest2", "CompleteRequest"),
    ("PendedCompletedRequest3", "CompleteRequest"),
    ("PendedCompletedRequestEx", "CompleteRequest"),
    ("RemoveLockForward2", "RemoveLockForward"),
    ("RemoveLockForwardDeviceControl2", "RemoveLockForwardDeviceControl"),
    ("RemoveLockForwardDeviceControlInternal2", "RemoveLockForwardDeviceControlInternal"),
    ("RemoveLockForwardRead2", "RemoveLockForwardRead"),
    ("RemoveLockForwardWrite2", "RemoveLockForwardWrite"),
    ("SignalEventInCompletion2", "SignalEventInCompletion"),
    ("SignalEventInCompletion3", "SignalEventInCompletion"),
    ("ZwRegistryCreate", "ZwRegistryOpen"),
];

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// The rule set of SDV, or a group of ours.
    pub set: &'static str,
    /// Enforcement letters: T by the core's types, S by a rule over the trace, B on the built file, A advice
    /// only, N not reachable in this driver.
    pub enforcement: &'static str,
    /// Bug check code and first parameter where Driver Verifier or the USB stack has one, otherwise `-`.
    pub code: &'static str,
    /// What it asks for.
    pub meaning: &'static str,
    /// Where that is documented.
    pub page: Page,
}

/// A page of the driver documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The rule's own page.
    Sdv(&'static str),
    /// A page by its path.
    At(&'static str),
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("https://learn.microsoft.com/windows-hardware/drivers/")?;
        match self {
            Self::Sdv(name) if *name == "NullCheck" => f.write_str("devtest/nullcheck"),
            Self::Sdv(name) => write!(f, "devtest/wdm-{}", name.to_ascii_lowercase()),
            Self::At(path) => f.write_str(path),
        }
    }
}

/// Where this project checks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// By a rule of this crate under its own name.
    Here,
    /// By a rule of this crate under another name.
    As(&'static str),
    /// On the built file.
    BuiltFile,
    /// By the core's types alone.
    Types,
    /// Nowhere: it is advice.
    Advice,
    /// This driver never calls what it is about, and a rule says so of one that does.
    NotReachable,
    /// Nowhere yet.
    NotYet,
}

impl Entry {
    /// Where it is checked. `implemented` are the names that the rules report.
    #[must_use]
    pub fn checked(&self, implemented: &[&str]) -> Checked {
        let same = SAME_PREDICATE.iter().find(|(name, _)| *name == self.name).map(|(_, other)| *other);
        if crate::rules::NOT_REACHABLE.contains(&self.name) {
            Checked::NotReachable
        } else if implemented.contains(&self.name) {
            Checked::Here
        } else if let Some(other) = same.filter(|other| implemented.contains(other)) {
            Checked::As(other)
        } else if self.enforcement.contains('S') {
            Checked::NotYet
        } else if self.enforcement.contains('B') {
            Checked::BuiltFile
        } else if self.enforcement.contains('T') {
            Checked::Types
        } else if self.enforcement.contains('A') {
            Checked::Advice
        } else {
            Checked::NotReachable
        }
    }
}

fn sdv_entry(line: &'static str) -> Option<Entry> {
    let mut parts = line.splitn(5, " | ");
    let (name, set, enforcement) = (parts.next()?, parts.next()?, parts.next()?);
    let (code, meaning) = (parts.next()?, parts.next()?);
    Some(Entry { name, set, enforcement, code, meaning, page: Page::Sdv(name) })
}

fn own_entry(line: &'static str) -> Option<Entry> {
    let mut parts = line.splitn(6, " | ");
    let (name, set, enforcement) = (parts.next()?, parts.next()?, parts.next()?);
    let (code, page, meaning) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Entry { name, set, enforcement, code, meaning, page: Page::At(page) })
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// The rules of SDV that nothing checks, as a line for a reader. `None`: there are none.
#[must_use]
pub fn not_checked_yet(implemented: &[&str]) -> Option<String> {
    let waiting = sdv().filter(|rule| rule.checked(implemented) == Checked::NotYet).count();
    (waiting > 0).then(|| format!("{waiting} of SDV's WDM rules have no check yet (docs/rules.md)"))
}

/// The WDM rules of Static Driver Verifier.
pub fn sdv() -> impl Iterator<Item = Entry> {
    lines(SDV).filter_map(sdv_entry)
}

/// What else the rules report.
pub fn ours() -> impl Iterator<Item = Entry> {
    lines(OURS).filter_map(own_entry)
}

/// The rule called `name`.
#[must_use]
pub fn find(name: &str) -> Option<Entry> {
    sdv().chain(ours()).find(|entry| entry.name == name)
}
