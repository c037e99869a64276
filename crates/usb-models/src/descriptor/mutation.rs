//! Changes to the descriptors of a device that are written down in its name, so that whoever has the name has the
//! device again.
//!
//! A mutation is a list of edits, with commas between them. `c` is the first configuration descriptor, `d` the device
//! descriptor; numbers are decimal offsets and counts, hexadecimal values.
//!
//! | edit | what it does |
//! |---|---|
//! | `c12=ff` | byte 12 is `0xFF` |
//! | `c12^08` | bit 3 of byte 12 is the other way |
//! | `c<20` | only 20 bytes are there |
//! | `c>16` | 16 bytes more are there, zeros, and `wTotalLength` says so |
//! | `short` | the answer to each control read is a byte short |
//! | `gone=7` | the seventh turn on the bus never ends: the device is gone, whatever it was about to do |
//! | `babble` | an answer that is longer than the host asked for is not cut: the device babbles |

use alloc::vec::Vec;

use super::Descriptors;
use crate::fallible;

/// What a device does with the answers to control reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// As the specification says: as much as the host asked for, at most.
    #[default]
    Right,
    /// One byte less.
    Short,
    /// All of it, whatever the host asked for.
    Overlong,
}

/// One edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A byte of a descriptor has this value.
    Set(Which, usize, u8),
    /// Bits of a byte of a descriptor are the other way.
    Flip(Which, usize, u8),
    /// A descriptor ends after this many bytes.
    Cut(Which, usize),
    /// A descriptor has this many zeros behind it.
    Grow(Which, usize),
    /// Answers to control reads.
    Answers(Answers),
    /// The device is gone with this turn on the bus.
    Gone(u32),
}

/// Which descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The device descriptor.
    Device,
    /// The first configuration descriptor.
    Configuration,
}

/// Reads a mutation. `None` for an edit that is none.
pub fn edits(text: &str) -> impl Iterator<Item = Option<Edit>> {
    text.split(',').filter(|part| !part.is_empty()).map(edit)
}

fn edit(text: &str) -> Option<Edit> {
    match text {
        "short" => return Some(Edit::Answers(Answers::Short)),
        "babble" => return Some(Edit::Answers(Answers::Overlong)),
        _ => {}
    }
    if let Some(turn) = text.strip_prefix("gone=") {
        return turn.parse().ok().filter(|turn| *turn > 0).map(Edit::Gone);
    }
    let mut rest = text.chars();
    let which = match rest.next()? {
        'c' => Which::Configuration,
        'd' => Which::Device,
        _ => return None,
    };
    let rest = rest.as_str();
    let at = rest.find(['=', '^', '<', '>'])?;
    let (offset, value) = (rest.get(..at)?, rest.get(at + 1..)?);
    let number = |text: &str| text.parse::<u16>().ok().map(usize::from);
    let byte = |text: &str| u8::from_str_radix(text, 16).ok();
    match rest.get(at..=at)? {
        "=" => Some(Edit::Set(which, number(offset)?, byte(value)?)),
        "^" => Some(Edit::Flip(which, number(offset)?, byte(value)?)),
        "<" if offset.is_empty() => Some(Edit::Cut(which, number(value)?)),
        ">" if offset.is_empty() => Some(Edit::Grow(which, number(value)?)),
        _ => None,
    }
}

impl Edit {
    /// Changes the descriptors. A byte that is not there stays away.
    ///
    /// # Errors
    ///
    /// [`fallible::OutOfMemory`].
    pub fn apply(self, descriptors: &mut Descriptors) -> Result<(), fallible::OutOfMemory> {
        match self {
            Self::Set(which, at, value) => {
                if let Some(byte) = bytes(descriptors, which).and_then(|bytes| bytes.get_mut(at)) {
                    *byte = value;
                }
            }
            Self::Flip(which, at, bits) => {
                if let Some(byte) = bytes(descriptors, which).and_then(|bytes| bytes.get_mut(at)) {
                    *byte ^= bits;
                }
            }
            Self::Cut(which, length) => {
                if let Some(bytes) = bytes(descriptors, which) {
                    bytes.truncate(length);
                }
            }
            Self::Grow(which, count) => {
                let Some(bytes) = bytes(descriptors, which) else { return Ok(()) };
                for _ in 0..count {
                    fallible::push(bytes, 0)?;
                }
                let total = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes();
                if which == Which::Configuration
                    && let [_, _, low, high, ..] = &mut bytes[..]
                {
                    [*low, *high] = total;
                }
            }
            Self::Answers(_) | Self::Gone(_) => {}
        }
        Ok(())
    }
}

fn bytes(descriptors: &mut Descriptors, which: Which) -> Option<&mut Vec<u8>> {
    match which {
        Which::Device => Some(&mut descriptors.device),
        Which::Configuration => descriptors.configurations.first_mut().map(|made| &mut made.bytes),
    }
}
