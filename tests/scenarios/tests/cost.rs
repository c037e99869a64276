//! What a transfer costs the driver: the counts that issue and README promise. They are exact, so they are asserted; times
//! are not.

use ntsim::cost::{Cost, growth, measure};
use scenarios::driver_file;

/// Kernel calls of a transfer that goes to the bus at once and has no timeout.
const CALLS: u64 = 8;
/// More with a timeout.
const TIMEOUT_CALLS: u64 = 2;
/// More for each further chunk.
const CHUNK_CALLS: u64 = 3;

fn costs() -> Vec<Cost> {
    let costs = measure(&driver_file()).unwrap();
    for cost in &costs {
        println!("{cost:?}");
    }
    costs
}

#[test]
fn a_transfer_allocates_nothing_copies_nothing_and_calls_little() {
    let costs = costs();
    assert!(costs.len() >= 10, "only {} kinds of transfers were measured", costs.len());
    for cost in &costs {
        let Cost { what, bytes, calls, routines, allocations, copied, instructions } = cost;
        assert_eq!((*allocations, *copied), (0, 0), "{what} of {bytes} bytes");
        assert!(*instructions > 100, "{what}: instructions are not counted");
        let most = match what.as_str() {
            "bulk out, with timeout" => CALLS + TIMEOUT_CALLS,
            "bulk out, two chunks" => CALLS + CHUNK_CALLS,
            _ => CALLS,
        };
        assert!(*calls <= most, "{what} of {bytes} bytes: {calls} kernel calls: {routines:?}");
    }
}

#[test]
fn the_cost_does_not_grow() {
    let points = growth(&driver_file()).unwrap();
    for point in &points {
        println!("{point:?}");
    }
    for many in ["devices", "open files", "requests in flight"] {
        let of_kind: Vec<_> = points.iter().filter(|point| point.many == many).collect();
        let (first, last) = (of_kind.first().unwrap(), of_kind.last().unwrap());
        assert_eq!((first.calls, first.instructions), (last.calls, last.instructions), "{first:?}, {last:?}");
    }
}
