//! One scenario in both kernels.

use std::{
    path::{Path, PathBuf},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Instant,
};

use anyhow::{Context as _, Result, anyhow, bail};
use ntsim::{
    life,
    machine::{Choices, Machine},
    scenario,
};

use crate::{
    chapters::{self, Chapter},
    compare,
    explained::Explained,
    line::Line,
    order,
    package::Package,
    prefix::Template,
    scenarios::Play,
    session::Session,
    stage::WineStage,
};

/// How the names begin of what belongs to a device's life, whatever programs do with it.
const LIFE: &[&str] = &["AddDevice", "Driver", "PNP"];

/// How often Wine may fail before anything of ours is there.
const MOST_RETRIES: usize = 2;

/// How many lines of each side's trace are shown when something hangs.
const LAST_LINES: usize = 25;

/// What a scenario is played in.
pub struct Kernels {
    /// The prefix that others are made from.
    pub template: Template,
    /// What is installed.
    pub package: Package,
    /// Where to work.
    pub folder: PathBuf,
    /// The simulated kernel.
    pub machine: Machine,
    /// The differences that are no surprise.
    pub explained: Explained,
}

/// How it went.
pub struct Outcome {
    /// Seconds of real time under Wine.
    pub seconds: f64,
    /// What was not as it must be.
    pub wrong: Vec<String>,
    /// How often Wine did not come up, and why.
    pub retried: Vec<String>,
    /// How many differences were found, and are explained.
    pub explained: usize,
    /// What the driver did under Wine.
    pub chapters: Vec<Chapter>,
}

impl Kernels {
    /// Plays a scenario in both, and compares.
    #[must_use]
    pub fn play(&mut self, play: &Play) -> Outcome {
        let start = Instant::now();
        let mut wrong = Vec::new();
        let mut lines = Vec::new();
        let mut retried = Vec::new();
        let folder = self.folder.join(&play.scenario.name);
        let session = set_up(&self.template, &self.package, &folder, &mut retried);
        if let Err(error) = session.and_then(|session| under_wine(session, play, &mut lines)) {
            wrong.push(format!("{error:#}"));
        }
        let seconds = start.elapsed().as_secs_f64();
        wrong.extend(complaints(&lines));
        wrong.extend(order::check(&lines).err());
        let chapters = chapters::of_lines(&lines);
        let mut explained = 0;
        let (simulated, problem) = self.simulated(play);
        wrong.extend(problem.map(|what| format!("in the simulated kernel: {what}")));
        if wrong.iter().any(|what| what.contains("hung")) {
            wrong.push(format!("under Wine, at last:\n{}", last(&chapters)));
            wrong.push(format!("in the simulated kernel, at last:\n{}", last(&simulated)));
        } else {
            let mut found = compare::differences(&chapters, &simulated);
            if play.program.is_some() {
                // The simulated kernel did not run it: what the program asked for is not compared.
                found.retain(|difference| LIFE.iter().any(|it| difference.what.starts_with(it)));
            }
            let rest = self.explained.rest(&found);
            explained = found.len() - rest.len();
            wrong.extend(rest);
        }
        Outcome { seconds, wrong, retried, explained, chapters }
    }

    /// What the driver did in the simulated kernel, and what was wrong there.
    fn simulated(&mut self, play: &Play) -> (Vec<Chapter>, Option<String>) {
        if let Err(stop) = self.machine.next_life(Choices::InTurn) {
            return (Vec::new(), Some(stop.to_string()));
        }
        let life = life::play(&mut self.machine, &play.scenario);
        let violation = life.violations.first().map(ToString::to_string);
        (chapters::of_events(&life.events), life.cut_short.or(violation))
    }
}

/// A run with everything installed. Wine itself fails now and then while it starts, before any driver is there; then
/// another prefix is made.
fn set_up(
    template: &Template,
    package: &Package,
    folder: &Path,
    retried: &mut Vec<String>,
) -> Result<Session> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    loop {
        let why = match Session::begin(template, package, folder) {
            Ok(mut session) => {
                let complaint = complaints(session.lines()?).next();
                let Some(complaint) = complaint else { return Ok(session) };
                anyhow!(complaint)
            }
            Err(error) => error,
        };
        if retried.len() == MOST_RETRIES {
            return Err(why.context("Wine does not come up"));
        }
        retried.push(format!("{why:#}"));
    }
}

fn under_wine(session: Session, play: &Play, lines: &mut Vec<Line>) -> Result<()> {
    let stage = WineStage::new(session);
    let result = (0..play.times).try_for_each(|_| steps(&stage, play));
    *lines = stage.into_session().end()?;
    result
}

fn steps(stage: &WineStage, play: &Play) -> Result<()> {
    let steps = &play.scenario.steps;
    let Some((after, program)) = play.program else { return at_once(scenario::play(stage, steps)) };
    let (before, rest) = steps.split_at_checked(after).context("as many steps")?;
    at_once(scenario::play(stage, before))?;
    stage.with_session(program)?;
    at_once(scenario::play(stage, rest))
}

fn complaints(lines: &[Line]) -> impl Iterator<Item = String> {
    lines.iter().filter_map(|line| match line {
        Line::Complaint(text) => Some(text.clone()),
        _ => None,
    })
}

fn last(chapters: &[Chapter]) -> String {
    let from = chapters.len().saturating_sub(LAST_LINES);
    let lines = chapters.get(from..).unwrap_or_default().iter().map(|chapter| {
        let end = match (chapter.is_over, chapter.status) {
            (false, _) => " (has not returned)".into(),
            (true, None) => String::new(),
            (true, Some(status)) => format!(" ({})", nt_trace::NtStatus(status)),
        };
        format!("      {}{end}: {}\n", chapter.what, chapter.calls.join(" "))
    });
    lines.collect()
}

/// The value of a future that never waits, as a stage under Wine is.
fn at_once(future: impl Future<Output = Result<(), ntsim::stop::Stop>>) -> Result<()> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Ok(result?),
        Poll::Pending => bail!("a step waits for nobody"),
    }
}
