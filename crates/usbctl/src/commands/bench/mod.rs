//! `usbctl bench`: throughput and latency of an endpoint, or of a loop through a device.

mod progress;
mod report;
mod round_trip;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use usbclient_user::{
    Buffer, Bulk, Direction, Endpoint, EndpointInfo, In, Interrupt, Out, Packets, TransferType,
};

use self::{progress::Progress, report::Report, round_trip::RoundTrip};
use super::{
    endpoint::{self, Found, Wanted},
    read::next,
};
use crate::{
    cli::Bench,
    failure::{Exit, Failure},
    interrupt::Waited,
    output,
    session::Session,
};

/// How long to measure when nothing is said.
const TIME: Duration = Duration::from_secs(3);

/// Measures.
pub fn run(session: &Session, options: &Bench) -> Result<(), Failure> {
    let transfers = &options.transfers;
    let device = session.select(options.device.as_ref())?;
    let kinds = [TransferType::Bulk, TransferType::Interrupt];
    let is_in = options.back.map(|_| false);
    let wanted = Wanted {
        address: transfers.endpoint,
        setting: transfers.setting,
        is_shared: transfers.share,
        is_in,
        kinds: &kinds,
    };
    let found = endpoint::find(&device, wanted)?;
    let size = usize::try_from(transfers.size.max(1)).unwrap_or(usize::MAX);
    let limit = match (options.length, options.time) {
        (Some(length), _) => Limit::Bytes(length),
        (None, time) => Limit::Time(time.unwrap_or(TIME)),
    };
    let mut meter = Meter::new(size, transfers.in_flight.into(), limit, session)?;
    let result = match options.back {
        Some(back) => round_trip(&found, back, options, &mut meter),
        None => one_way(&found, options, &mut meter),
    };
    meter.progress.finish();
    let interrupted = match result {
        Err(failure) if failure.exit == Exit::Interrupted => Some(failure),
        other => other.map(|()| None).map_err(|failure| failure.moved(meter.bytes))?,
    };
    report(session, &found.info, options.back, &meter)?;
    // What was measured until Ctrl-C is worth telling.
    interrupted.map_or(Ok(()), |failure| Err(failure.moved(meter.bytes)))
}

fn report(session: &Session, info: &EndpointInfo, back: Option<u8>, meter: &Meter) -> Result<(), Failure> {
    let report = Report::new(info, back, meter, session.is_simulated());
    if session.output.is_json() {
        return Ok(output::json(&report)?);
    }
    Ok(output::text(&report.text())?)
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
enum Limit {
    Bytes(u64),
    Time(Duration),
}

/// Counts, and knows when it is enough.
#[derive(Debug)]
struct Meter {
    size: usize,
    in_flight: usize,
    limit: Limit,
    began: Instant,
    ended: Option<Instant>,
    bytes: u64,
    /// Bytes of transfers that were started.
    started: u64,
    transfers: u64,
    /// Nanoseconds from the start of a transfer to its end.
    latency: Histogram<u64>,
    progress: Progress,
}

impl Meter {
    fn new(size: usize, in_flight: usize, limit: Limit, session: &Session) -> Result<Self, Failure> {
        // Up to an hour, three digits: what is longer counts as that.
        let latency = Histogram::new_with_bounds(1, 3_600_000_000_000, 3)
            .map_err(|error| Failure::new(Exit::Failed, format!("no histogram: {error}")))?;
        let progress = Progress::new(limit, session.output.is_json());
        let began = Instant::now();
        Ok(Self {
            size,
            in_flight,
            limit,
            began,
            ended: None,
            bytes: 0,
            started: 0,
            transfers: 0,
            latency,
            progress,
        })
    }

    /// Whether another transfer is to be started.
    fn starts_another(&mut self) -> bool {
        let starts = match self.limit {
            Limit::Bytes(most) => self.started < most,
            Limit::Time(most) => self.began.elapsed() < most,
        };
        if starts {
            self.started = self.started.saturating_add(self.size as u64);
        }
        starts
    }

    /// When to give up what is in flight: a device that takes no more would never let it end.
    fn deadline(&self) -> Option<Instant> {
        match self.limit {
            Limit::Bytes(_) => None,
            Limit::Time(time) => self.began.checked_add(time),
        }
    }

    /// A transfer that was started then has ended.
    fn ended(&mut self, bytes: usize, started: Instant) {
        let now = Instant::now();
        let time = now.saturating_duration_since(started);
        self.latency.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.transfers += 1;
        self.ended = Some(now);
        self.progress.set(self.bytes, now.saturating_duration_since(self.began));
    }

    /// From the first start to the last end.
    fn time(&self) -> Duration {
        self.ended.map_or(Duration::ZERO, |ended| ended.saturating_duration_since(self.began))
    }
}

/// Bytes that are not all alike.
fn pattern(size: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(size).collect()
}

fn one_way(found: &Found, options: &Bench, meter: &mut Meter) -> Result<(), Failure> {
    let timeout = options.transfers.timeout;
    match (found.info.transfer_type(), found.info.is_in()) {
        (TransferType::Bulk, true) => reading(found.open::<Bulk, In>(timeout)?, meter),
        (TransferType::Bulk, false) => writing(found.open::<Bulk, Out>(timeout)?, meter),
        (_, true) => reading(found.open::<Interrupt, In>(timeout)?, meter),
        (_, false) => writing(found.open::<Interrupt, Out>(timeout)?, meter),
    }
}

fn reading<K: Packets>(mut endpoint: Endpoint<K, In>, meter: &mut Meter) -> Result<(), Failure> {
    let buffers = (0..meter.in_flight).map(|_| endpoint.allocate(meter.size)).collect();
    measure(&mut endpoint, buffers, meter)
}

fn writing<K: Packets>(mut endpoint: Endpoint<K, Out>, meter: &mut Meter) -> Result<(), Failure> {
    let buffers = (0..meter.in_flight).map(|_| pattern(meter.size).into()).collect();
    measure(&mut endpoint, buffers, meter)
}

/// Keeps transfers in flight until it is enough.
fn measure<K: Packets, D: Direction>(
    endpoint: &mut Endpoint<K, D>,
    buffers: Vec<Buffer>,
    meter: &mut Meter,
) -> Result<(), Failure> {
    let mut started = VecDeque::new();
    meter.began = Instant::now();
    for buffer in buffers {
        if meter.starts_another() {
            started.push_back(Instant::now());
            endpoint.submit(buffer);
        }
    }
    let result = loop {
        let completion = match next(endpoint, meter.deadline()) {
            Waited::Done(Some(completion)) => completion,
            // All have ended; or the time is over, and what is in flight is cancelled.
            Waited::Done(None) | Waited::Late => break Ok(()),
            Waited::Interrupted => break Err(Failure::interrupted()),
        };
        let began = started.pop_front().unwrap_or(meter.began);
        if let Err(error) = completion.result {
            meter.bytes = meter.bytes.saturating_add(completion.moved as u64);
            break Err(error.into());
        }
        meter.ended(completion.moved, began);
        if meter.starts_another() {
            started.push_back(Instant::now());
            endpoint.submit(completion.buffer);
        }
    };
    endpoint.cancel_all();
    while endpoint.wait_next().is_some() {}
    result
}

fn round_trip(found: &Found, back: u8, options: &Bench, meter: &mut Meter) -> Result<(), Failure> {
    let timeout = options.transfers.timeout;
    if found.info.transfer_type() != TransferType::Bulk {
        return Err(Failure::usage("a loop is measured with bulk endpoints"));
    }
    let mut endpoint = found.open_other::<Bulk, In>(back)?;
    endpoint.set_transfer_timeout(timeout);
    RoundTrip::new(found.open::<Bulk, Out>(timeout)?, endpoint, pattern(meter.size)).run(meter)
}
