//! How far it is: a bar with rate and time left on a terminal, a line now and then in a file, nothing where `CI`
//! is set.

use std::{
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written where there is no terminal.
const PERIOD: Duration = Duration::from_secs(10);

/// How it is shown.
enum How {
    Bar(ProgressBar),
    Lines { last: Instant },
    Not,
}

/// Progress through pieces of known weight.
pub struct Progress {
    how: How,
    started: Instant,
    lives: u64,
    found: u64,
    done: u64,
    all: u64,
}

impl Progress {
    /// Begins at nothing of `all`.
    #[must_use]
    pub fn new(all: u64) -> Self {
        let how = if std::env::var_os("CI").is_some() {
            How::Not
        } else if io::stderr().is_terminal() {
            How::Bar(bar(all))
        } else {
            How::Lines { last: Instant::now() }
        };
        Self { how, started: Instant::now(), lives: 0, found: 0, done: 0, all }
    }

    /// More lives were lived.
    pub fn lives(&mut self, more: u64) {
        self.lives += more;
        self.show();
    }

    /// A piece is done.
    pub fn piece(&mut self, weight: u64, findings: u64) {
        self.done += weight;
        self.found += findings;
        self.show();
    }

    /// Takes the bar away.
    pub fn end(self) {
        if let How::Bar(bar) = self.how {
            bar.finish_and_clear();
        }
    }

    fn show(&mut self) {
        let seconds = self.started.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown in three digits")]
        let rate = self.lives as f64 / seconds.max(0.001);
        let found = if self.found == 0 { String::new() } else { format!(", {} found", self.found) };
        let text = format!("{} lives, {rate:.0}/s{found}", HumanCount(self.lives));
        match &mut self.how {
            How::Bar(bar) => {
                bar.set_position(self.done);
                bar.set_message(text);
            }
            How::Lines { last } if last.elapsed() >= PERIOD => {
                *last = Instant::now();
                let percent = self.done.saturating_mul(100).checked_div(self.all).unwrap_or(100);
                eprintln!("{percent:>3} % after {seconds:.0} s, {text}");
            }
            How::Lines { .. } | How::Not => {}
        }
    }
}

#[expect(clippy::literal_string_with_formatting_args, reason = "indicatif's own template")]
fn bar(all: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::stderr_with_hz(5));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta_precise} left") {
        bar.set_style(style);
    }
    bar
}
