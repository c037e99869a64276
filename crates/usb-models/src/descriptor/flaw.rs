//! What a hostile device does to its descriptors.

use super::{
    BuildError, Class, Configuration, ConfigurationBuilder, ENDPOINT, INTERFACE, SuperSpeedCapability,
};
use crate::{
    Speed,
    fallible::{self, OutOfMemory},
};

/// One lie in a configuration descriptor that is otherwise well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// The first interface descriptor says that it has this many bytes: 0 loops a careless reader for ever, 1 makes
    /// it read a type that is not there.
    InterfaceLength(u8),
    /// The first endpoint descriptor says that it has this many bytes.
    EndpointLength(u8),
    /// `wTotalLength` says this much more than there is.
    TotalTooLarge(u16),
    /// `wTotalLength` says this much less than there is; the device sends no more than that.
    TotalTooSmall(u16),
    /// The configuration has this many interfaces. USB allows it; a reader with room for 32 does not survive it.
    Interfaces(u8),
    /// The first endpoint's packets have zero bytes.
    EmptyPacket,
    /// Only this many bytes are ever sent, though `wTotalLength` says more.
    TruncatedAt(u16),
    /// Every second read returns a longer descriptor with other endpoints.
    ChangesBetweenReads,
    /// The interface descriptor promises one endpoint more than follows.
    EndpointMissing,
    /// The header promises one interface more than follows.
    InterfaceMissing,
    /// The same endpoint address twice in one setting.
    EndpointTwice,
}

impl Flaw {
    /// Makes the configuration that has this flaw: one interface, bulk OUT 0x01, bulk IN 0x81.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn configuration(self, speed: Speed) -> Result<Configuration, BuildError> {
        let plain = SuperSpeedCapability::default();
        let mut builder = ConfigurationBuilder::new(speed, 1)?
            .interface(0, 0, Class::VENDOR)?
            .bulk(0x01, plain)?
            .bulk(0x81, plain)?;
        if let Self::Interfaces(count) = self {
            for number in 1..count {
                builder = builder.interface(number, 0, Class::VENDOR)?;
            }
        }
        let mut made = builder.finish()?;
        self.apply(&mut made)?;
        Ok(made)
    }

    fn apply(self, made: &mut Configuration) -> Result<(), BuildError> {
        let bytes = &mut made.bytes;
        match self {
            Self::InterfaceLength(length) => edit(bytes, INTERFACE, 0, |_| length),
            Self::EndpointLength(length) => edit(bytes, ENDPOINT, 0, |_| length),
            Self::TotalTooLarge(by) => set_total(bytes, |total| total.saturating_add(by)),
            Self::TotalTooSmall(by) => {
                set_total(bytes, |total| total.saturating_sub(by));
                truncate(bytes, usize::from(by));
            }
            Self::Interfaces(_) => {}
            Self::EmptyPacket => {
                edit(bytes, ENDPOINT, 4, |_| 0);
                edit(bytes, ENDPOINT, 5, |_| 0);
            }
            Self::TruncatedAt(length) => bytes.truncate(usize::from(length)),
            Self::ChangesBetweenReads => made.second = Some(longer(bytes)?),
            Self::EndpointMissing => edit(bytes, INTERFACE, 4, |count| count.saturating_add(1)),
            Self::InterfaceMissing => {
                if let Some(count) = bytes.get_mut(4) {
                    *count = count.saturating_add(1);
                }
            }
            Self::EndpointTwice => {
                let first =
                    find(bytes, ENDPOINT).and_then(|at| bytes.get(at + 2)).copied().unwrap_or_default();
                if let Some(address) = last(bytes, ENDPOINT).and_then(|at| bytes.get_mut(at + 2)) {
                    *address = first;
                }
            }
        }
        Ok(())
    }
}

/// The same configuration with two more endpoints.
fn longer(bytes: &[u8]) -> Result<alloc::vec::Vec<u8>, OutOfMemory> {
    let mut other = fallible::copy(bytes)?;
    for address in [0x02, 0x82] {
        fallible::extend(&mut other, &[7, ENDPOINT, address, 2, 0x40, 0, 0])?;
    }
    edit(&mut other, INTERFACE, 4, |count| count.saturating_add(2));
    let total = u16::try_from(other.len()).unwrap_or(u16::MAX);
    set_total(&mut other, |_| total);
    Ok(other)
}

fn set_total(bytes: &mut [u8], change: impl FnOnce(u16) -> u16) {
    if let [_, _, low, high, ..] = bytes {
        [*low, *high] = change(u16::from_le_bytes([*low, *high])).to_le_bytes();
    }
}

fn truncate(bytes: &mut alloc::vec::Vec<u8>, by: usize) {
    bytes.truncate(bytes.len().saturating_sub(by));
}

/// Changes one byte of the first descriptor of a type.
fn edit(bytes: &mut [u8], kind: u8, offset: usize, change: impl FnOnce(u8) -> u8) {
    let byte = find(bytes, kind).and_then(|at| bytes.get_mut(at.saturating_add(offset)));
    if let Some(byte) = byte {
        *byte = change(*byte);
    }
}

fn find(bytes: &[u8], kind: u8) -> Option<usize> {
    positions(bytes).find(|&at| bytes.get(at + 1) == Some(&kind))
}

fn last(bytes: &[u8], kind: u8) -> Option<usize> {
    positions(bytes).filter(|&at| bytes.get(at + 1) == Some(&kind)).last()
}

/// Where each descriptor begins, while the lengths make sense.
fn positions(bytes: &[u8]) -> impl Iterator<Item = usize> {
    core::iter::successors(Some(0_usize), |&at| {
        let length = usize::from(*bytes.get(at)?);
        at.checked_add(length).filter(|&next| length >= 2 && next < bytes.len())
    })
}
