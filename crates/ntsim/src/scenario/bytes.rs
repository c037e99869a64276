//! Bytes in a script: written out, or by the rule that makes them.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::sched::SplitMix;

/// The contents of a buffer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bytes {
    /// These, written as hexadecimal digits.
    Hex(Hex),
    /// This many zeros.
    Zero {
        /// How many.
        zero: u32,
    },
    /// This many bytes of a generator.
    Pattern {
        /// What the generator starts from.
        seed: u64,
        /// How many.
        length: u32,
    },
}

impl Default for Bytes {
    fn default() -> Self {
        Self::none()
    }
}

impl Bytes {
    /// No bytes.
    #[must_use]
    pub const fn none() -> Self {
        Self::Zero { zero: 0 }
    }

    /// A buffer of `length` zeros, for what comes back.
    #[must_use]
    pub const fn room(length: u32) -> Self {
        Self::Zero { zero: length }
    }

    /// Exactly these. No bytes are [`Self::none`], as in [`Self::pattern`].
    #[must_use]
    pub fn of(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() { Self::none() } else { Self::Hex(Hex(bytes)) }
    }

    /// `length` bytes of the generator that starts from `seed`. None of them are [`Self::none`]: a script leaves out
    /// an empty buffer, and is the same when it is read again.
    #[must_use]
    pub const fn pattern(seed: u64, length: u32) -> Self {
        if length == 0 { Self::none() } else { Self::Pattern { seed, length } }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Hex(hex) => hex.0.len() as u64,
            Self::Zero { zero: length } | Self::Pattern { length, .. } => u64::from(*length),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes themselves.
    #[must_use]
    pub fn make(&self) -> Vec<u8> {
        match self {
            Self::Hex(hex) => hex.0.clone(),
            Self::Zero { zero } => vec![0; *zero as usize],
            Self::Pattern { seed, length } => {
                let mut bytes = vec![0; *length as usize];
                fill(*seed, 0, &mut bytes);
                bytes
            }
        }
    }
}

/// Fills `bytes` with what the generator of `seed` gives from byte `offset` on, a multiple of 8.
pub fn fill(seed: u64, offset: u64, bytes: &mut [u8]) {
    for (word, chunk) in (offset / 8..).zip(bytes.chunks_mut(8)) {
        let value = SplitMix::new(seed.wrapping_add(word.wrapping_mul(0x9E37_79B9_7F4A_7C15))).next();
        for (to, from) in chunk.iter_mut().zip(value.to_le_bytes()) {
            *to = from;
        }
    }
}

/// Bytes that are written out as hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |value: u8| char::from_digit(u32::from(value), 16);
        let digits = self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]);
        serializer.serialize_str(&digits.flatten().collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        let bytes = text.as_bytes().chunks(2).map(|pair| {
            let digits = std::str::from_utf8(pair).ok().filter(|digits| digits.len() == 2)?;
            u8::from_str_radix(digits, 16).ok()
        });
        let bytes: Option<Vec<u8>> = bytes.collect();
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("not an even number of hexadecimal digits"))
    }
}
