//! A worker process: pieces come on its input, what they tell goes to its output, a line of JSON each.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufRead, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering, mpsc},
    thread,
};

use serde::{Deserialize, Serialize};

use super::{patience::PULSE, stack};
use crate::{
    campaign::{
        self, Campaign, Finding, Piece, Record, Wrong,
        specimens::{self, Specimens},
    },
    machine::{LIVES, Machine, Options},
    stop::Stop,
};

/// How many findings of a piece are kept, each of which is lived again for its call stack.
const KEPT: usize = 100;

/// A line that a worker writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// The piece has something to tell.
    Record(Record),
    /// So many lives were lived in this process.
    Lives(u64),
    /// The piece is done.
    Done,
    /// The piece cannot be done.
    Cannot(String),
}

/// Does pieces until there are no more.
///
/// # Errors
/// When the image cannot be loaded or the parent is gone.
pub fn serve(image: &Path, specimens: Option<Specimens>) -> Result<(), String> {
    let mut campaigns = campaign::all();
    campaigns.extend(specimens.map(|table| Box::new(table) as Box<dyn Campaign>));
    let mut machine = Machine::load(image, Options::default()).map_err(|error| error.to_string())?;
    let output = Output::default();
    let pulse = Pulse::start(output.clone());
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let piece: Piece = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let said = campaigns.iter().find(|campaign| campaign.name() == piece.campaign).map_or_else(
            || Said::Cannot(format!("there is no campaign {}", piece.campaign)),
            |campaign| match run(campaign.as_ref(), &piece, &mut machine, &output) {
                Ok(()) => Said::Done,
                Err(stop) => Said::Cannot(stop.to_string()),
            },
        );
        output.say(&said).map_err(|error| error.to_string())?;
    }
    drop(pulse);
    Ok(())
}

/// Does one piece: findings come last, each with the driver's call stack.
fn run(campaign: &dyn Campaign, piece: &Piece, machine: &mut Machine, output: &Output) -> Result<(), Stop> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut more = 0;
    let mut gone = None;
    let mut said = |record: Record| match record {
        Record::Finding(finding) if findings.len() < KEPT => findings.push(*finding),
        Record::Finding(_) => more += 1,
        record => gone = gone.take().or_else(|| output.say(&Said::Record(record)).err()),
    };
    let watched = campaign.name() != specimens::NAME;
    if watched {
        machine.watch_blocks()?;
    }
    campaign.run(piece, machine, &mut said)?;
    if watched {
        said(Record::Blocks { hit: machine.new_blocks_hit() });
    }
    for mut finding in findings {
        add_stacks(&mut finding, machine)?;
        gone = gone.or_else(|| output.say(&Said::Record(finding.record())).err());
    }
    if more > 0 {
        gone = gone.or_else(|| output.say(&Said::Record(Record::More { findings: more })).err());
    }
    gone.map_or(Ok(()), |error| Err(Stop::Host(error.to_string())))
}

/// Lives a finding's life again to see the driver's call stack where something was wrong.
///
/// # Errors
/// When the host refuses the machine a new life.
pub fn add_stacks(finding: &mut Finding, machine: &mut Machine) -> Result<(), Stop> {
    let events: BTreeSet<u64> = finding.wrong.iter().filter_map(|wrong| wrong.event).collect();
    if events.is_empty() {
        return Ok(());
    }
    machine.kernel_mut().snapshots.watch(events);
    let life = finding.recipe.live(machine);
    machine.kernel_mut().snapshots.watch(BTreeSet::new());
    life?;
    let stacks = stack::all(machine);
    finding.wrong.iter_mut().for_each(|wrong| add_stack(wrong, &stacks));
    Ok(())
}

fn add_stack(wrong: &mut Wrong, stacks: &BTreeMap<u64, Vec<nt_trace::Site>>) {
    if let Some(stack) = wrong.event.and_then(|event| stacks.get(&event)) {
        wrong.stack.clone_from(stack);
    }
}

/// Standard output, a whole line at a time.
#[derive(Clone, Debug, Default)]
struct Output(Arc<Mutex<()>>);

impl Output {
    fn say(&self, said: &Said) -> io::Result<()> {
        let mut line = serde_json::to_vec(said)?;
        line.push(b'\n');
        let guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = io::stdout().lock();
        out.write_all(&line)?;
        let result = out.flush();
        drop(guard);
        result
    }
}

/// A thread that says how many lives were lived, as long as there are more.
struct Pulse {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Pulse {
    fn start(output: Output) -> Self {
        let (stop, stopped) = mpsc::channel();
        let beat = move || {
            let mut last = 0;
            while stopped.recv_timeout(PULSE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let lives = LIVES.load(Ordering::Relaxed);
                if lives != last && output.say(&Said::Lives(lives)).is_err() {
                    return;
                }
                last = lives;
            }
        };
        Self { stop: Some(stop), thread: Some(thread::spawn(beat)) }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to say.
            let _ = thread.join();
        }
    }
}
