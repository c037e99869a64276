//! What came from outside, written down: a life with the same inputs is the same life.

use serde::{Deserialize, Serialize};
use usb_models::Speed;

use super::Identity;
use crate::{scenario::Hex, sched::Time};

/// The version of the format.
pub(super) const VERSION: u32 = 1;

/// Everything that came from outside in one life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The version of the format: 1.
    pub version: u32,
    /// Each time that a device was plugged in, in order.
    pub sessions: Vec<Session>,
}

impl Recording {
    /// Reads what was written down.
    ///
    /// # Errors
    /// It is no recording, or of another version.
    pub fn read(text: &str) -> Result<Self, String> {
        let recording: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if recording.version == VERSION {
            Ok(recording)
        } else {
            Err(format!("version {} of the inputs; this is version {VERSION}", recording.version))
        }
    }
}

/// A device from its plugging in to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The model's name: `usbip:HOST:PORT/BUSID`.
    pub model: String,
    /// The speed: `low`, `full`, `high` or `super`.
    #[serde(with = "speed")]
    pub speed: Speed,
    /// Its device descriptor.
    pub device: Hex,
    /// Its configuration descriptors.
    pub configurations: Vec<Hex>,
    /// What came, in order.
    pub inputs: Vec<Input>,
}

impl Session {
    /// A session in which nothing came yet.
    pub(super) fn new(model: String, identity: &Identity) -> Self {
        Self {
            model,
            speed: identity.speed,
            device: Hex(identity.device.clone()),
            configurations: identity.configurations.iter().cloned().map(Hex).collect(),
            inputs: Vec::new(),
        }
    }

    /// The device as it was found.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            speed: self.speed,
            device: self.device.0.clone(),
            configurations: self.configurations.iter().map(|hex| hex.0.clone()).collect(),
        }
    }
}

/// Something that came from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// A transfer ended.
    Reply {
        /// Simulated time, in units of 100 ns.
        at: Time,
        /// Which one, counted from 1 in the session.
        request: u64,
        /// The address of its endpoint.
        endpoint: u8,
        /// Bytes of its buffer.
        asked: u32,
        /// Zero, or a negated `errno` of Linux.
        status: i32,
        /// Bytes that moved.
        length: u32,
        /// Those of an IN transfer.
        #[serde(default, skip_serializing_if = "is_empty")]
        data: Hex,
        /// How each isochronous packet ended: bytes and status.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        packets: Vec<(u32, i32)>,
    },
    /// The device is no more.
    Lost {
        /// Simulated time, in units of 100 ns.
        at: Time,
        /// Why.
        reason: String,
    },
}

impl Input {
    /// When it came: simulated time, in units of 100 ns.
    #[must_use]
    pub const fn at(&self) -> Time {
        match self {
            Self::Reply { at, .. } | Self::Lost { at, .. } => *at,
        }
    }
}

const fn is_empty(hex: &Hex) -> bool {
    hex.0.is_empty()
}

/// A speed in words.
mod speed {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use usb_models::Speed;

    const NAMES: [(Speed, &str); 4] =
        [(Speed::Low, "low"), (Speed::Full, "full"), (Speed::High, "high"), (Speed::Super, "super")];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(speed: &Speed, serializer: S) -> Result<S::Ok, S::Error> {
        let name = NAMES.iter().find(|(known, _)| known == speed).map_or("high", |(_, name)| name);
        serializer.serialize_str(name)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Speed, D::Error> {
        let name = Cow::<'_, str>::deserialize(deserializer)?;
        let found = NAMES.iter().find(|(_, known)| *known == name).map(|(speed, _)| *speed);
        found.ok_or_else(|| D::Error::custom("no speed of USB"))
    }
}
