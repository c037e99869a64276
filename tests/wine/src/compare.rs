//! The driver's calls under Wine beside those in the simulated kernel.
//!
//! What is compared is, for each thing that the driver is called for, the set of ways in which it went: which routines
//! it called, in which order. How often the same came again is not: that is a matter of time. Routines that are called
//! everywhere and mean little (spin locks, memory, clocks) are left out, and what repeats is there once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Deserialize;

use crate::chapters::Chapter;

/// Called everywhere, and nothing to tell two ways by; but for two. The driver waits for what it has sent only if that
/// has not come back yet, which is a matter of time. `USBD_ValidateConfigurationDescriptor` comes from usbd.sys, which is
/// Wine's own and tells nobody.
const LEFT_OUT: &[&str] = &[
    "ExAllocatePool2",
    "ExFreePool",
    "ExFreePoolWithTag",
    "KeAcquireSpinLockRaiseToDpc",
    "KeGetCurrentIrql",
    "KeQueryInterruptTimePrecise",
    "KeQuerySystemTimePrecise",
    "KeQueryUnbiasedInterruptTime",
    "KeReleaseSpinLock",
    "KeWaitForSingleObject",
    "USBD_ValidateConfigurationDescriptor",
    "__chkstk",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
];

/// A work item is queued once: whether an earlier one still waits is a matter of time. The lock is for the work item.
const QUEUED: [&str; 2] = ["IoAcquireRemoveLockEx", "IoQueueWorkItem"];

/// How a request ends that came back before `IofCallDriver` had returned: by the dispatch routine.
const CAME_BACK_AT_ONCE: [&str; 3] = ["IofCallDriver", "IofCompleteRequest", "IoReleaseRemoveLockEx"];
/// How it ends otherwise, which is a matter of time: by the completion routine, which does this and lets it go up.
const CAME_BACK_LATER: [&str; 1] = ["IoReleaseRemoveLockEx"];

/// The most routines of which a repetition is made once.
const LONGEST_REPETITION: usize = 16;

/// Where something was seen that the other kernel did not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Only {
    /// Under Wine only.
    Wine,
    /// In the simulated kernel only.
    Simulated,
}

/// Something that one kernel showed and the other did not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// What the driver was called for.
    pub what: String,
    /// Where.
    pub only: Only,
    /// The routines that it called. `None`: the other kernel never called the driver for this.
    pub way: Option<Vec<String>>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let only = match self.only {
            Only::Wine => "under Wine only",
            Only::Simulated => "in the simulated kernel only",
        };
        match &self.way {
            None => write!(f, "{}: {only}", self.what),
            Some(way) => write!(f, "{}, {only}: {}", self.what, way.join(" ")),
        }
    }
}

type Ways = BTreeMap<String, BTreeSet<Vec<String>>>;

/// What is different.
#[must_use]
pub fn differences(wine: &[Chapter], simulated: &[Chapter]) -> BTreeSet<Difference> {
    let (wine, simulated) = (ways(wine), ways(simulated));
    let mut all = only(&wine, &simulated, Only::Wine);
    all.extend(only(&simulated, &wine, Only::Simulated));
    all
}

fn only(here: &Ways, there: &Ways, only: Only) -> BTreeSet<Difference> {
    let mut all = BTreeSet::new();
    for (what, ways) in here {
        let Some(theirs) = there.get(what) else {
            all.insert(Difference { what: what.clone(), only, way: None });
            continue;
        };
        all.extend(ways.difference(theirs).map(|way| Difference {
            what: what.clone(),
            only,
            way: Some(way.clone()),
        }));
    }
    all
}

fn ways(chapters: &[Chapter]) -> Ways {
    let mut ways = Ways::new();
    for chapter in chapters {
        let calls = chapter.calls.iter().filter(|call| !LEFT_OUT.contains(&call.as_str()));
        let mut calls = without_queued(calls.cloned().collect());
        if chapter.what == "completion routine" && calls == CAME_BACK_LATER {
            continue;
        }
        if is_programs(&chapter.what) && calls.ends_with(&CAME_BACK_AT_ONCE.map(String::from)) {
            calls.truncate(calls.len() - CAME_BACK_AT_ONCE.len() + 1);
        }
        ways.entry(chapter.what.clone()).or_default().insert(once(calls));
    }
    ways
}

/// Whether a program asked for it, and neither the PnP nor the power manager.
fn is_programs(what: &str) -> bool {
    !["PNP", "POWER"].iter().any(|manager| what.starts_with(manager))
}

fn without_queued(mut calls: Vec<String>) -> Vec<String> {
    while let Some(at) = calls.windows(2).position(|pair| pair == QUEUED) {
        calls.drain(at..at + 2);
    }
    calls
}

/// The same with every repetition made once, the short ones first.
fn once(mut calls: Vec<String>) -> Vec<String> {
    for length in 1..=LONGEST_REPETITION {
        let mut at = 0;
        while at + 2 * length <= calls.len() {
            if calls[at..at + length] == calls[at + length..at + 2 * length] {
                calls.drain(at..at + length);
            } else {
                at += 1;
            }
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(what: &str, calls: &str) -> Chapter {
        let calls = calls.split_whitespace().map(String::from).collect();
        Chapter { what: what.into(), calls, status: Some(0), is_over: true }
    }

    #[test]
    fn repetitions_count_once() {
        let made = |calls: &str| once(chapter("", calls).calls).join(" ");
        assert_eq!(made("a a a b"), "a b");
        assert_eq!(made("a b a b c"), "a b c");
        assert_eq!(made("a a b a a b c"), "a b c");
        assert_eq!(made("a b c"), "a b c");
        assert_eq!(made(""), "");
    }

    #[test]
    fn whether_a_transfer_came_back_at_once_is_no_difference() {
        let wine = [chapter("PIPE_READ", "lock IofCallDriver IofCompleteRequest IoReleaseRemoveLockEx")];
        let simulated = [
            chapter("PIPE_READ", "lock IofCallDriver"),
            chapter("completion routine", "IoReleaseRemoveLockEx"),
        ];
        assert!(differences(&wine, &simulated).is_empty());
        let ends = [chapter("PNP START_DEVICE", "IofCallDriver IofCompleteRequest IoReleaseRemoveLockEx")];
        let does_not = [chapter("PNP START_DEVICE", "IofCallDriver")];
        assert_eq!(differences(&ends, &does_not).len(), 2);
    }

    #[test]
    fn how_often_is_no_difference_and_order_is_one() {
        let wine = [chapter("READ", "a b"), chapter("READ", "a b"), chapter("CLOSE", "b a")];
        let simulated = [chapter("READ", "a a memcpy b"), chapter("CLOSE", "a b"), chapter("STOP", "")];
        let found: Vec<_> = differences(&wine, &simulated)
            .into_iter()
            .map(|it| (it.what, it.only, it.way.map(|way| way.join(" "))))
            .collect();
        assert_eq!(
            found,
            [
                ("CLOSE".into(), Only::Wine, Some("b a".into())),
                ("CLOSE".into(), Only::Simulated, Some("a b".into())),
                ("STOP".into(), Only::Simulated, None),
            ]
        );
    }
}
