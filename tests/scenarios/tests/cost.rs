//! What a transfer costs the driver: the counts that docs/speed.md promises. They are exact, so they are asserted; times
//! are not.

use ntsim::cost::{Cost, Many, Point, growth, measure};
use scenarios::driver_file;

/// Kernel calls of a transfer that goes to the bus at once and has no timeout.
const CALLS: u64 = 8;
/// More with a timeout.
const TIMEOUT_CALLS: u64 = 2;
/// More for each further chunk.
const CHUNK_CALLS: u64 = 3;
/// More for an isochronous transfer: its buffer is mapped, outside the lock, for the results.
const MAPPING_CALLS: u64 = 3;

#[test]
fn a_transfer_allocates_nothing_copies_nothing_and_calls_little() {
    let costs = measure(&driver_file()).unwrap();
    assert_eq!(costs.refused, Vec::<String>::new());
    for (kind, rows) in [("control", 4), ("bulk", 10), ("interrupt", 2), ("stream", 6), ("isochronous", 16)] {
        let found = costs.transfers.iter().filter(|cost| cost.what.starts_with(kind)).count();
        assert_eq!(found, rows, "rows about {kind}");
    }
    for cost in &costs.transfers {
        let Cost { what, bytes, calls, routines, allocations, copied, instructions, .. } = cost;
        assert_eq!((*allocations, *copied), (0, 0), "{what} of {bytes} bytes: {routines:?}");
        assert!(*instructions > 100, "{what}: instructions are not counted");
        let more = match what.split_once(", ") {
            Some((_, "with timeout")) => TIMEOUT_CALLS,
            Some((_, "two chunks")) => CHUNK_CALLS,
            _ if what.starts_with("isochronous") => MAPPING_CALLS,
            _ => 0,
        };
        assert!(*calls <= CALLS + more, "{what} of {bytes} bytes: {calls} kernel calls: {routines:?}");
    }
}

/// The cost with one of something, and with many: `most` at most, which a test has time for. `cargo xtask bench` goes on
/// to the end.
fn does_not_grow(many: Many, most: u32) {
    let points = growth(&driver_file(), &[many], most).unwrap();
    assert!(points.len() > 1, "{points:?}");
    let cost = |point: &Point| (point.calls, point.instructions);
    let first = points.first().map(cost);
    assert!(points.iter().all(|point| Some(cost(point)) == first), "{points:#?}");
}

#[test]
fn the_cost_does_not_grow_with_devices() {
    does_not_grow(Many::Devices, 100);
}

#[test]
fn the_cost_does_not_grow_with_pipes() {
    does_not_grow(Many::Pipes, 30);
}

#[test]
fn the_cost_does_not_grow_with_open_files() {
    does_not_grow(Many::Files, 1000);
}

#[test]
fn the_cost_does_not_grow_with_requests_in_flight() {
    does_not_grow(Many::Requests, 10_000);
}
