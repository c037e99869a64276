//! How fast a device is connected.

use serde::Serialize;

/// The speed of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Speed {
    /// 1.5 Mbit/s.
    Low,
    /// 12 Mbit/s.
    Full,
    /// 480 Mbit/s.
    High,
    /// 5 Gbit/s or more.
    Super,
}

impl Speed {
    /// With what it is in numbers.
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Low => "low speed (1.5 Mbit/s)",
            Self::Full => "full speed (12 Mbit/s)",
            Self::High => "high speed (480 Mbit/s)",
            Self::Super => "SuperSpeed (5 Gbit/s)",
        }
    }
}
