//! A bar on stderr while it is measured.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Limit;
use crate::output::units;

/// The bar; nothing is drawn where stderr is no terminal, and for programs.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    limit: Limit,
}

impl Progress {
    /// At the beginning.
    pub fn new(limit: Limit, is_json: bool) -> Self {
        let length = match limit {
            Limit::Bytes(bytes) => bytes,
            Limit::Time(time) => u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        };
        let target = if is_json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(length.max(1)), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {msg}") {
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        Self { bar, limit }
    }

    /// So much was moved in so much time.
    pub fn set(&self, bytes: u64, time: Duration) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(match self.limit {
            Limit::Bytes(_) => bytes,
            Limit::Time(_) => u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        });
        self.bar.set_message(format!("{}, {}", units::size(bytes), units::rate(bytes, time)));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
