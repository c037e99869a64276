//! The workers: processes of this program, each with a machine, and pieces handed out to them.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
};

use super::{Job, patience::PATIENCE, worker::Said};
use crate::campaign::{Record, Told};

/// How many bytes of a worker's last words are kept.
const LAST_WORDS: u64 = 64 << 10;

/// What the workers report.
#[derive(Clone, Debug)]
pub enum News {
    /// So many more lives were lived.
    Lives(u64),
    /// A piece is done, or lost.
    Done(u64, Told),
}

/// How workers are started.
#[derive(Clone, Debug)]
pub struct Workers {
    /// This program.
    pub program: PathBuf,
    /// The table of the specimens.
    pub table: Option<PathBuf>,
    /// The INF file that installs the driver.
    pub inf: Option<PathBuf>,
    /// How many run at a time.
    pub count: usize,
}

impl Workers {
    /// Does all jobs and gives the news to `tell` as they come, on this thread.
    pub fn work(&self, jobs: Vec<Job>, tell: &mut dyn FnMut(News)) {
        let jobs = Mutex::new(VecDeque::from(jobs));
        let (news, incoming) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..self.count.max(1) {
                let (jobs, news) = (&jobs, news.clone());
                scope.spawn(move || self.serve(jobs, &news));
            }
            drop(news);
            incoming.into_iter().for_each(tell);
        });
    }

    /// Takes one job after the other, in a process that lasts as long as the image is the same and it lives.
    fn serve(&self, jobs: &Mutex<VecDeque<Job>>, news: &Sender<News>) {
        let mut worker: Option<Worker> = None;
        loop {
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(job) = job else { return };
            if worker.as_ref().is_some_and(|worker| worker.image != job.image) {
                worker = None;
            }
            let mut records = Vec::new();
            let end = worker
                .take()
                .map_or_else(|| Worker::start(self, &job.image), Ok)
                .map_err(|error| format!("no worker can be started: {error}"))
                .and_then(|mut started| {
                    started.piece(&job, &mut records, news)?;
                    worker = Some(started);
                    Ok(())
                });
            if let Err(reason) = end {
                records.push(Record::Died { reason });
            }
            let told = Told { piece: job.piece, records };
            if news.send(News::Done(job.number, told)).is_err() {
                return;
            }
        }
    }
}

/// A process and the lines that it writes. Ends it when dropped.
struct Worker {
    image: PathBuf,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<io::Result<String>>,
    last_words: Receiver<String>,
    lives: u64,
}

impl Worker {
    fn start(workers: &Workers, image: &Path) -> io::Result<Self> {
        let mut command = Command::new(&workers.program);
        command.arg("worker").arg(image);
        if let Some(table) = &workers.table {
            command.arg("--expectations").arg(table);
        }
        if let Some(inf) = &workers.inf {
            command.arg("--inf").arg(inf);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let missing = || io::Error::other("the worker has no pipes");
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        let (to, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        let (to, last_words) = mpsc::channel();
        thread::spawn(move || {
            let mut text = Vec::new();
            // What cannot be read any more is not worth a word: the reason is how the process ended.
            let _ = errors.take(LAST_WORDS).read_to_end(&mut text);
            let _ = to.send(String::from_utf8_lossy(&text).trim().to_owned());
        });
        Ok(Self { image: image.to_owned(), child, input, lines, last_words, lives: 0 })
    }

    /// Has a piece done.
    ///
    /// # Errors
    /// How the process ended before the piece did.
    fn piece(&mut self, job: &Job, records: &mut Vec<Record>, news: &Sender<News>) -> Result<(), String> {
        self.send(job).map_err(|_| self.obituary())?;
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(Ok(line)) => match serde_json::from_str(&line) {
                    Ok(Said::Record(record)) => records.push(record),
                    Ok(Said::Lives(lives)) => self.tell_lives(lives, news),
                    Ok(Said::Done) => return Ok(()),
                    Ok(Said::Cannot(reason)) => return Err(reason),
                    Err(error) => return Err(format!("the worker wrote what is no record: {error}")),
                },
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("the worker lived no life for {} s", PATIENCE.as_secs()));
                }
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Err(self.obituary()),
            }
        }
    }

    fn send(&mut self, job: &Job) -> io::Result<()> {
        let mut line = serde_json::to_vec(&job.piece)?;
        line.push(b'\n');
        let input = self.input.as_mut().ok_or_else(|| io::Error::other("no pipe"))?;
        input.write_all(&line)?;
        input.flush()
    }

    fn tell_lives(&mut self, lives: u64, news: &Sender<News>) {
        let more = lives.saturating_sub(self.lives);
        self.lives = lives;
        // Nobody listens: the run is over.
        let _ = news.send(News::Lives(more));
    }

    /// How the process ended, and what it said of it.
    fn obituary(&mut self) -> String {
        let ended = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let words = self.last_words.recv().unwrap_or_default();
        let words = if words.is_empty() { words } else { format!(": {words}") };
        format!("the worker ended ({ended}){words}")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without input it comes to its end by itself, unless it is stuck.
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
