//! Simulated time.

use core::ops::Add;

/// A point in simulated time, in units of 100 ns (those of the kernel's own interrupt time), from an origin that
/// the host chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// Units of 100 ns in one microsecond.
    pub const PER_MICROSECOND: u64 = 10;
    /// Units of 100 ns in one high-speed microframe, or one `SuperSpeed` bus interval (125 us).
    pub const PER_MICROFRAME: u64 = 1250;
    /// Units of 100 ns in one full-speed frame (1 ms).
    pub const PER_FRAME: u64 = 10_000;
}

impl Add<u64> for Time {
    type Output = Self;

    /// Later by a number of 100 ns units; stays at the end of time instead of wrapping.
    fn add(self, units: u64) -> Self {
        Self(self.0.saturating_add(units))
    }
}
