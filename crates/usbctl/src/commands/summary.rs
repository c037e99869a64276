//! What was moved, and how fast.

use std::time::{Duration, Instant};

use serde::Serialize;
use usbclient_user::EndpointInfo;

use super::list;
use crate::{
    descriptors::address_text,
    failure::Failure,
    output::{self, Output, plural, style, units},
};

/// Counts what is moved.
#[derive(Clone, Copy, Debug)]
pub struct Counter {
    began: Instant,
    /// Bytes that were moved.
    pub bytes: u64,
    /// Transfers that ended.
    pub transfers: u64,
}

impl Counter {
    /// Begins.
    pub fn start() -> Self {
        Self { began: Instant::now(), bytes: 0, transfers: 0 }
    }

    /// A transfer ended.
    pub const fn add(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        self.transfers += 1;
    }

    /// Time since the beginning.
    pub fn time(&self) -> Duration {
        self.began.elapsed()
    }
}

/// What a command has done, as `--json` writes it.
#[derive(Debug, Serialize)]
pub struct Summary {
    endpoint: u8,
    bytes: u64,
    transfers: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

impl Summary {
    /// Says it: to people on stderr, to programs on stdout.
    pub fn tell(
        to: Output,
        verb: &str,
        info: &EndpointInfo,
        counter: Counter,
        data: Option<String>,
    ) -> Result<(), Failure> {
        let time = counter.time();
        if to.is_json() {
            let summary = Self {
                endpoint: info.address(),
                bytes: counter.bytes,
                transfers: counter.transfers,
                seconds: time.as_secs_f64(),
                data,
            };
            return Ok(output::json(&summary)?);
        }
        let line = format!(
            "{verb} {} ({}): {} in {}, {}, {}",
            address_text(info.address()),
            list::kind(info.transfer_type()),
            units::size(counter.bytes),
            plural(usize::try_from(counter.transfers).unwrap_or(usize::MAX), "transfer"),
            units::time(time),
            units::rate(counter.bytes, time),
        );
        to.note(&style::paint(style::DIM, &line));
        Ok(())
    }
}
