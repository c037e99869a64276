//! Goes from descriptor to descriptor, and always forward.

use super::Refusal;

/// Reads a little-endian `u16`; `None` past the end.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let rest = bytes.get(at..)?;
    rest.first_chunk::<2>().map(|pair| u16::from_le_bytes(*pair))
}

/// One descriptor: its offset in the configuration and its bytes, `bLength` of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub(super) offset: usize,
    pub(super) kind: u8,
    pub(super) bytes: &'a [u8],
}

impl Found<'_> {
    /// The first `N` bytes.
    pub(super) fn fields<const N: usize>(&self) -> Result<&[u8; N], Refusal> {
        self.bytes.first_chunk::<N>().ok_or(Refusal::LengthTooSmall)
    }
}

/// The descriptors in `bytes`. Each step goes on by at least two bytes, so it ends.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<Found<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.offset..)?;
        let (&length, _) = rest.split_first()?;
        let found = found(rest, self.offset, length);
        // After a refusal there is nothing to go on from.
        self.offset = found.as_ref().map_or(self.bytes.len(), |f| self.offset.saturating_add(f.bytes.len()));
        Some(found)
    }
}

fn found(rest: &[u8], offset: usize, length: u8) -> Result<Found<'_>, Refusal> {
    if length < 2 {
        return Err(Refusal::LengthTooSmall);
    }
    let bytes = rest.get(..usize::from(length)).ok_or(Refusal::PastTheEnd)?;
    let kind = bytes.get(1).copied().ok_or(Refusal::LengthTooSmall)?;
    Ok(Found { offset, kind, bytes })
}
