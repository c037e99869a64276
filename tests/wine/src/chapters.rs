//! What the driver did each time it was called: a chapter a call, with the routines that it called in it.
//!
//! Both kernels' traces are made into chapters, which is what is compared.

use std::collections::BTreeMap;

use nt_trace::{
    Event,
    event::{Actor, Callback, EventKind},
    names,
    object::ObjectId,
};

use crate::line::{Line, Told};

/// The driver was called once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// What for: `IRP_MN_START_DEVICE`, `AddDevice`, a control code.
    pub what: String,
    /// The routines that it called, in order.
    pub calls: Vec<String>,
    /// What it returned, where it returns something.
    pub status: Option<u32>,
    /// Whether it has returned.
    pub is_over: bool,
}

impl Chapter {
    const fn new(what: String) -> Self {
        Self { what, calls: Vec::new(), status: None, is_over: false }
    }
}

/// The status with which the last dispatch of a major and minor code ended; both in hexadecimal digits.
#[must_use]
pub fn last_status(lines: &[Line], major: &str, minor: &str) -> Option<nt_trace::NtStatus> {
    let ended = |line: &Line| match line {
        Line::Told { told: Told::Leave(words), .. } => match words.as_slice() {
            [found, sort, status, ..] if found == major && sort == minor => {
                u32::from_str_radix(status, 16).ok().map(nt_trace::NtStatus)
            }
            _ => None,
        },
        _ => None,
    };
    lines.iter().rev().find_map(ended)
}

/// Whether `DriverUnload` has returned, and nothing came after it.
#[must_use]
pub fn unloaded(lines: &[Line]) -> bool {
    let driver = |line: &&Line| matches!(line, Line::Told { told: Told::Enter(_) | Told::Leave(_), .. });
    let last = lines.iter().rev().find(driver);
    matches!(last, Some(Line::Told { told: Told::Leave(words), .. }) if words.first().is_some_and(|it| it == "unload"))
}

/// The chapters of a run under Wine, in the order in which they began.
#[must_use]
pub fn of_lines(lines: &[Line]) -> Vec<Chapter> {
    let mut chapters = vec![Chapter::new("DriverEntry".into())];
    let mut open: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for line in lines {
        let Line::Told { thread, told } = line else { continue };
        let stack = open.entry(thread).or_default();
        match told {
            Told::Enter(words) => {
                // The first AddDevice has no end; the next thing of its thread ends it.
                let is_adding = |&at: &usize| chapters.get(at).is_some_and(|last| last.what == "AddDevice");
                if words.first().is_some_and(|word| word == "1b")
                    && stack.last().is_some_and(is_adding)
                    && let Some(added) = stack.pop().and_then(|at| chapters.get_mut(at))
                {
                    added.is_over = true;
                }
                stack.push(chapters.len());
                chapters.push(Chapter::new(entered(words)));
            }
            Told::Leave(words) => {
                let left = stack.pop().and_then(|at| chapters.get_mut(at));
                if let Some(chapter) = left {
                    // A dispatch routine's has the minor code before it, a completion routine's the IRP behind it.
                    let status = if words.len() > 3 { words.get(2) } else { words.get(1) };
                    chapter.is_over = true;
                    chapter.status = status.and_then(|word| u32::from_str_radix(word, 16).ok());
                }
            }
            Told::Call { routine, .. } => {
                let at = stack.last().copied().unwrap_or(0);
                if let Some(chapter) = chapters.get_mut(at) {
                    chapter.calls.push(routine.clone());
                }
            }
            Told::Return { .. } | Told::Around { .. } => {}
        }
    }
    chapters
}

fn entered(words: &[String]) -> String {
    let number = |at: usize| words.get(at).and_then(|word| u32::from_str_radix(word, 16).ok());
    match words.first().map(String::as_str) {
        Some("add") => "AddDevice".into(),
        Some("unload") => "DriverUnload".into(),
        Some("dpc") => "DPC".into(),
        Some("work") => "work item".into(),
        Some("done") => "completion routine".into(),
        Some("power") => "power callback".into(),
        _ => {
            let [major, minor, code] = [0, 1, 4].map(|at| number(at).unwrap_or_default());
            dispatched(u8::try_from(major).unwrap_or(0xff), u8::try_from(minor).unwrap_or(0xff), code)
        }
    }
}

fn dispatched(major: u8, minor: u8, code: u32) -> String {
    let known = usbclient_protocol::control_code::TABLE.iter().find(|known| known.value == code);
    known.map_or_else(|| names::request(major, minor), |known| known.name.into())
}

/// The chapters of a life in the simulated kernel, in the order in which they began.
#[must_use]
pub fn of_events(events: &[Event]) -> Vec<Chapter> {
    let mut codes = BTreeMap::new();
    let mut chapters: Vec<Chapter> = Vec::new();
    let mut open: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for event in events {
        let stack = open.entry(event.thread).or_default();
        match &event.kind {
            EventKind::IrpSent(sent) if sent.by != Actor::Driver => {
                codes.insert(sent.irp, sent.control_code);
            }
            EventKind::CallbackEnter(enter) => {
                stack.push(chapters.len());
                chapters.push(Chapter::new(called_back(enter.callback, &codes)));
            }
            EventKind::CallbackLeave(leave) => {
                if let Some(chapter) = stack.pop().and_then(|at| chapters.get_mut(at)) {
                    (chapter.status, chapter.is_over) = (Some(leave.status.0), true);
                }
            }
            EventKind::Call(call) => {
                if let Some(chapter) = stack.last().and_then(|&at| chapters.get_mut(at)) {
                    chapter.calls.push(call.routine.to_string());
                }
            }
            _ => {}
        }
    }
    chapters
}

fn called_back(callback: Callback, codes: &BTreeMap<ObjectId, u32>) -> String {
    match callback {
        Callback::DriverEntry => "DriverEntry".into(),
        Callback::Unload => "DriverUnload".into(),
        Callback::AddDevice { .. } => "AddDevice".into(),
        Callback::Dispatch { major, minor, irp, .. } => {
            dispatched(major, minor, codes.get(&irp).copied().unwrap_or_default())
        }
        Callback::Completion { .. } => "completion routine".into(),
        Callback::Cancel { .. } => "cancel routine".into(),
        Callback::Dpc { .. } => "DPC".into(),
        Callback::WorkItem { .. } => "work item".into(),
        Callback::PowerCompletion { .. } => "power callback".into(),
        _ => "callback".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line;

    fn lines(told: &[&str]) -> Vec<Line> {
        told.iter().map(|said| line::read(&format!("0050:warn:debugstr:x \"~{said}\\n\""))).collect()
    }

    #[test]
    fn calls_belong_to_what_was_entered_last() {
        let lines = lines(&[
            "c EtwRegister 1 2 3 4",
            "d add",
            "c IoCreateDevice 1 2 3 4",
            "d 1b 0 ff ee 0",
            "c IofCallDriver 1 2 3 4",
            "d done",
            "c KeSetEvent 1 2 3 4",
            "e done",
            "c KeWaitForSingleObject 1 2 3 4",
            "e 1b 0 0 ee",
        ]);
        let chapters = of_lines(&lines);
        let told: Vec<(&str, Vec<&str>)> = chapters
            .iter()
            .map(|it| (it.what.as_str(), it.calls.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(
            told,
            [
                ("DriverEntry", vec!["EtwRegister"]),
                ("AddDevice", vec!["IoCreateDevice"]),
                ("PNP START_DEVICE", vec!["IofCallDriver", "KeWaitForSingleObject"]),
                ("completion routine", vec!["KeSetEvent"]),
            ]
        );
        assert_eq!(chapters.get(2).and_then(|it| it.status), Some(0));
        assert_eq!(chapters.get(3).map(|it| (it.status, it.is_over)), Some((None, true)));
        assert_eq!(chapters.first().map(|it| it.is_over), Some(false));
        assert_eq!(last_status(&lines, "1b", "0"), Some(nt_trace::NtStatus::SUCCESS));
        assert_eq!(last_status(&lines, "1b", "2"), None);
    }

    #[test]
    fn unloaded_is_when_nothing_comes_after_it() {
        assert!(unloaded(&lines(&["d unload", "c EtwUnregister 1 2 3 4", "e unload"])));
        assert!(!unloaded(&lines(&["d unload", "c EtwUnregister 1 2 3 4"])));
        assert!(!unloaded(&lines(&["d unload", "e unload", "d add"])));
    }
}
