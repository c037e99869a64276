//! One scenario under Wine.

use std::{
    path::Path,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Instant,
};

use anyhow::{Result, bail};
use ntsim::scenario::{self, Scenario};

use crate::{
    chapters::{self, Chapter},
    line::Line,
    package::Package,
    prefix::Template,
    session::Session,
    stage::WineStage,
};

/// How it went.
pub struct Outcome {
    /// Seconds of real time.
    pub seconds: f64,
    /// What was not as it must be.
    pub wrong: Option<String>,
    /// What the driver did.
    pub chapters: Vec<Chapter>,
}

/// Plays one in a prefix of its own.
#[must_use]
pub fn play(template: &Template, package: &Package, folder: &Path, scenario: &Scenario) -> Outcome {
    let begun = Instant::now();
    let mut chapters = Vec::new();
    let wrong = played(template, package, folder, scenario, &mut chapters).err();
    Outcome {
        seconds: begun.elapsed().as_secs_f64(),
        wrong: wrong.map(|error| format!("{error:#}")),
        chapters,
    }
}

fn played(
    template: &Template,
    package: &Package,
    folder: &Path,
    scenario: &Scenario,
    chapters: &mut Vec<Chapter>,
) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let stage = WineStage::new(Session::begin(template, package, folder)?);
    let result = at_once(scenario::play(&stage, &scenario.steps));
    let lines = stage.into_session().end()?;
    *chapters = chapters::of_lines(&lines);
    if let Err(stop) = result {
        bail!("{stop}{}", complaints(&lines));
    }
    let complaints = complaints(&lines);
    if !complaints.is_empty() {
        bail!("{complaints}");
    }
    Ok(())
}

fn complaints(lines: &[Line]) -> String {
    let complaints = lines.iter().filter_map(|line| match line {
        Line::Complaint(text) => Some(format!("\n    {text}")),
        _ => None,
    });
    complaints.collect()
}

/// The value of a future that never waits, as a stage under Wine is.
fn at_once<T>(future: impl Future<Output = Result<T, ntsim::stop::Stop>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Ok(result?),
        Poll::Pending => bail!("a step waits for nobody"),
    }
}
