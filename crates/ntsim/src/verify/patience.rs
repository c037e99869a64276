//! How long a worker may be silent.

use std::time::Duration;

/// How long no life may end in a worker before it counts as stuck. A loop in the driver is found after a second;
/// the longest life takes a few on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// How often a worker says how many lives it has lived.
pub const PULSE: Duration = Duration::from_millis(500);
