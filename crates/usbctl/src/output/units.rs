//! Sizes, rates and times, as people read them.

use std::time::Duration;

/// A size: `17 bytes`, `64.0 KiB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => tenths(bytes, 1 << 10, "KiB"),
        0x10_0000..0x4000_0000 => tenths(bytes, 1 << 20, "MiB"),
        _ => tenths(bytes, 1 << 30, "GiB"),
    }
}

/// Bytes a second.
pub fn rate(bytes: u64, time: Duration) -> String {
    per_second(bytes, time).map_or_else(|| "-".to_owned(), |bytes| format!("{}/s", size(bytes)))
}

/// How many of something in a second.
pub fn per_second(count: u64, time: Duration) -> Option<u64> {
    let in_a_second = u128::from(count).checked_mul(1_000_000_000)?.checked_div(time.as_nanos())?;
    u64::try_from(in_a_second).ok()
}

/// A time with three digits: `1.25 ms`.
pub fn time(time: Duration) -> String {
    let nanos = time.as_nanos();
    let (unit, name) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let (whole, rest) = (nanos / unit, nanos % unit);
    match whole {
        0..10 => format!("{whole}.{:02} {name}", rest * 100 / unit),
        10..100 => format!("{whole}.{} {name}", rest * 10 / unit),
        _ => format!("{whole} {name}"),
    }
}

/// A time that somebody has set, in whole milliseconds: `5 s`, `1500 ms`.
pub fn setting(time: Duration) -> String {
    match time.as_millis() {
        ms if ms % 1000 == 0 => format!("{} s", ms / 1000),
        ms => format!("{ms} ms"),
    }
}

fn tenths(bytes: u64, unit: u64, name: &str) -> String {
    let (whole, rest) = (bytes / unit, bytes % unit);
    format!("{whole}.{} {name}", rest.saturating_mul(10) / unit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{rate, setting, size, time};

    #[test]
    fn sizes() {
        let shown = [0, 1, 1023, 1024, 1536, 1 << 20, 5 << 30].map(size);
        assert_eq!(shown, ["0 bytes", "1 byte", "1023 bytes", "1.0 KiB", "1.5 KiB", "1.0 MiB", "5.0 GiB"]);
        assert_eq!(rate(3 << 20, Duration::from_millis(1500)), "2.0 MiB/s");
        assert_eq!(rate(1, Duration::ZERO), "-");
    }

    #[test]
    fn times() {
        let shown =
            [7, 1_250, 12_345, 999_999, 1_250_000, 61_000_000_000].map(|ns| time(Duration::from_nanos(ns)));
        assert_eq!([5000, 1500].map(|ms| setting(Duration::from_millis(ms))), ["5 s", "1500 ms"]);
        assert_eq!(shown, ["7 ns", "1.25 µs", "12.3 µs", "999 µs", "1.25 ms", "61.0 s"]);
    }
}
