//! A finding in full: its life again, what the rules say of it, and the driver's call stacks.

use std::{fmt::Write, path::Path};

use nt_trace::{Event, ObjectId, ObjectKind, Site, catalogue, view};

use super::{Symbols, worker::add_stacks};
use crate::{
    campaign::{Finding, Wrong, wrong_in},
    life::Life,
    machine::Machine,
    stop::Stop,
};

/// How many events of a history are shown, the last ones: of the first object, and of the second.
const HISTORIES: [usize; 2] = [30, 10];

/// A finding and the life that it comes from, lived again.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The finding, with the call stacks of this life.
    pub finding: Finding,
    /// The life.
    pub life: Life,
    /// The same rules were broken at the same events.
    pub repeated: bool,
}

impl Explained {
    /// Lives a finding's life again.
    ///
    /// # Errors
    /// When the host refuses the machine a new life.
    pub fn new(finding: &Finding, machine: &mut Machine) -> Result<Self, Stop> {
        let mut finding = finding.clone();
        add_stacks(&mut finding, machine)?;
        let life = finding.recipe.live(machine)?;
        let repeated = repeats(&finding, &life);
        Ok(Self { finding, life, repeated })
    }

    /// What to tell of it: the rules that were broken; without one, what was wrong first.
    #[must_use]
    pub fn leading(&self) -> Vec<&Wrong> {
        let by_rule: Vec<&Wrong> = self.finding.wrong.iter().filter(|wrong| wrong.rule.is_some()).collect();
        if by_rule.is_empty() { self.finding.wrong.iter().take(1).collect() } else { by_rule }
    }

    /// One thing that was wrong, in full. `command` is what replays it.
    #[must_use]
    pub fn text(&self, wrong: &Wrong, symbols: &Symbols, command: &str) -> String {
        let mut text = format!("{}\n", title(wrong));
        if let Some(entry) = wrong.rule.as_deref().and_then(catalogue::find) {
            let _ = writeln!(text, "    asked for  {}", entry.meaning);
            let _ = writeln!(text, "    see        {}", entry.page);
        }
        let _ = writeln!(text, "    scenario   {}", self.finding.recipe.scenario.name);
        for fault in &self.finding.recipe.faults {
            let _ = writeln!(text, "    made fail  {fault} ({})", fault.status);
        }
        add_stack(&mut text, &stack(wrong), symbols);
        for (object, most) in self.objects(wrong).into_iter().zip(HISTORIES) {
            add_history(&mut text, &self.life.events, object, wrong, most);
        }
        for other in self.finding.wrong.iter().filter(|other| *other != wrong) {
            let _ = writeln!(text, "    as well    {}", title(other));
        }
        let _ = writeln!(text, "    replay     {command}");
        text
    }

    /// The objects that it is about: the IRP, and the most important one that is none.
    #[must_use]
    pub fn objects(&self, wrong: &Wrong) -> Vec<ObjectId> {
        let same = |violation: &&nt_trace::Violation| {
            wrong.rule.as_deref() == Some(&*violation.rule) && violation.seqs.last().copied() == wrong.event
        };
        let Some(violation) = self.life.violations.iter().find(same) else { return Vec::new() };
        let of_kind = |irp: bool| {
            violation.objects.iter().copied().find(|object| (object.kind == ObjectKind::Irp) == irp)
        };
        of_kind(true).into_iter().chain(of_kind(false)).collect()
    }
}

/// The driver's call stack, or at least where it was.
#[must_use]
pub fn stack(wrong: &Wrong) -> Vec<Site> {
    if wrong.stack.is_empty() { wrong.site.clone().into_iter().collect() } else { wrong.stack.clone() }
}

/// Whether everything that was wrong in a finding is wrong in a life again.
fn repeats(finding: &Finding, life: &Life) -> bool {
    let again = wrong_in(life);
    let same = |left: &Wrong, right: &Wrong| {
        (&left.rule, left.event, &left.text) == (&right.rule, right.event, &right.text)
    };
    finding
        .wrong
        .iter()
        .filter(|wrong| wrong.rule.is_some())
        .all(|old| again.iter().any(|new| same(old, new)))
}

/// Rule, code, and what happened.
#[must_use]
pub fn title(wrong: &Wrong) -> String {
    let Some(rule) = wrong.rule.as_deref() else { return wrong.text.clone() };
    let code = wrong.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
    format!("{rule}{code}: {}", wrong.text)
}

fn add_stack(text: &mut String, stack: &[Site], symbols: &Symbols) {
    for (index, line) in symbols.stack(stack).iter().enumerate() {
        let head = if index == 0 { "stack" } else { "" };
        let _ = writeln!(text, "    {head:<10} {line}");
    }
}

fn add_history(text: &mut String, events: &[Event], object: ObjectId, wrong: &Wrong, most: usize) {
    let last = wrong.event.unwrap_or(u64::MAX);
    let mut story = view::history(events, object);
    story.retain(|event| event.seq <= last);
    let skipped = story.len().saturating_sub(most);
    let _ = writeln!(text, "    history of {object}");
    if skipped > 0 {
        let _ = writeln!(text, "      \u{2026} {skipped} earlier events");
    }
    for event in story.into_iter().skip(skipped) {
        let mark = if event.seq == last { '>' } else { ' ' };
        let (whole, rest) = (event.time / 10_000, event.time % 10_000);
        let place = format!("t{} P{} {}", event.thread, event.processor, nt_trace::names::irql(event.irql));
        let _ = writeln!(
            text,
            "    {mark} {whole:>6}.{rest:04} ms  #{:<6} {place:<22} {}",
            event.seq,
            view::describe(event)
        );
    }
}

/// The command that replays a saved finding.
#[must_use]
pub fn command(image: &Path, saved: &Path) -> String {
    format!("ntsim replay {} {}", image.display(), saved.display())
}
