//! What was measured: numbers, and a histogram of blocks.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use usbclient_user::EndpointInfo;

use super::Meter;
use crate::{
    commands::list,
    descriptors::address_text,
    output::{style, units},
};

/// Columns of the longest bar.
const WIDTH: u64 = 40;
/// Parts of a column.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// What was measured, as `--json` writes it.
#[derive(Debug, Serialize)]
pub struct Report {
    endpoint: u8,
    back: Option<u8>,
    #[serde(skip)]
    kind: &'static str,
    transfer_size: usize,
    in_flight: usize,
    bytes: u64,
    transfers: u64,
    seconds: f64,
    bytes_per_second: Option<u64>,
    transfers_per_second: Option<u64>,
    latency_ns: Latency,
    histogram: Vec<Bucket>,
    /// The numbers are the simulator's, not those of a bus.
    is_simulated: bool,
}

/// Nanoseconds from the start of a transfer to its end.
#[derive(Clone, Copy, Debug, Serialize)]
struct Latency {
    min: u64,
    median: u64,
    p90: u64,
    p99: u64,
    max: u64,
}

/// Transfers that took no longer, and longer than the bucket before says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Bucket {
    up_to_ns: u64,
    count: u64,
}

/// Doubling buckets, from the first that has something to the last.
fn buckets(latency: &Histogram<u64>) -> Vec<Bucket> {
    let all = latency.iter_log(1_000, 2.0).map(|step| Bucket {
        up_to_ns: step.value_iterated_to().saturating_add(1),
        count: step.count_since_last_iteration(),
    });
    all.skip_while(|bucket| bucket.count == 0).collect()
}

impl Report {
    pub(super) fn new(info: &EndpointInfo, back: Option<u8>, meter: &Meter, is_simulated: bool) -> Self {
        let time = meter.time();
        let latency = &meter.latency;
        Self {
            endpoint: info.address(),
            back,
            kind: list::kind(info.transfer_type()),
            transfer_size: meter.size,
            in_flight: meter.in_flight,
            bytes: meter.bytes,
            transfers: meter.transfers,
            seconds: time.as_secs_f64(),
            bytes_per_second: units::per_second(meter.bytes, time),
            transfers_per_second: units::per_second(meter.transfers, time),
            latency_ns: Latency {
                min: if meter.transfers == 0 { 0 } else { latency.min() },
                median: latency.value_at_quantile(0.5),
                p90: latency.value_at_quantile(0.9),
                p99: latency.value_at_quantile(0.99),
                max: latency.max(),
            },
            histogram: buckets(latency),
            is_simulated,
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let back = self.back.map(|back| format!(", back on {}", address_text(back))).unwrap_or_default();
        let title = format!(
            "{} ({}){back}: transfers of {}, {} in flight",
            address_text(self.endpoint),
            self.kind,
            units::size(self.transfer_size as u64),
            self.in_flight
        );
        let seconds = Duration::from_secs_f64(self.seconds);
        let latency = self.latency_ns;
        let time = |ns| units::time(Duration::from_nanos(ns));
        let mut lines = vec![
            style::paint(style::TITLE, &title),
            format!(
                "  throughput  {}: {} in {} transfers, {}",
                units::rate(self.bytes, seconds),
                units::size(self.bytes),
                self.transfers,
                units::time(seconds)
            ),
            format!(
                "  latency     median {}, 90 % {}, 99 % {}; from {} to {}",
                time(latency.median),
                time(latency.p90),
                time(latency.p99),
                time(latency.min),
                time(latency.max)
            ),
        ];
        if self.is_simulated {
            lines.push(style::paint(style::DIM, "  These are the simulator's numbers, not those of a bus."));
        }
        if !self.histogram.is_empty() {
            lines.push(String::new());
            lines.extend(chart(&self.histogram));
        }
        lines.join("\n") + "\n"
    }
}

/// A bar for each bucket.
fn chart(buckets: &[Bucket]) -> Vec<String> {
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or(1).max(1);
    let counts = buckets.iter().map(|bucket| bucket.count.to_string().len()).max().unwrap_or(1);
    let line = |bucket: &Bucket| {
        let label = units::time(Duration::from_nanos(bucket.up_to_ns));
        format!("  up to {label:>8}  {:>counts$}  {}", bucket.count, bar(bucket.count, most))
            .trim_end()
            .to_owned()
    };
    buckets.iter().map(line).collect()
}

/// A bar of eighths of columns; what is there can be seen.
fn bar(count: u64, most: u64) -> String {
    let eighths = u128::from(count) * u128::from(WIDTH) * 8 / u128::from(most.max(1));
    let eighths = usize::try_from(eighths).unwrap_or_default().max(usize::from(count > 0));
    let rest = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    format!("{}{rest}", "█".repeat(eighths / 8))
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::{Bucket, bar, buckets, chart};

    #[test]
    fn bars() {
        assert_eq!([bar(0, 100), bar(1, 100_000), bar(100, 100)], ["", "▏", &"█".repeat(40)]);
        assert_eq!(bar(33, 320), "████▏");
    }

    #[test]
    fn every_transfer_is_in_a_bucket() {
        let mut latency = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("bounds");
        for ns in [1_500, 1_600, 9_000, 1_000_000] {
            latency.record(ns).expect("in bounds");
        }
        let found = buckets(&latency);
        assert_eq!(found.iter().map(|bucket| bucket.count).sum::<u64>(), 4);
        assert_eq!(found.first(), Some(&Bucket { up_to_ns: 2_000, count: 2 }));
        assert_eq!(chart(&found).len(), found.len());
        let empty = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("bounds");
        assert_eq!(buckets(&empty), []);
    }
}
