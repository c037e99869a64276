//! Goes from descriptor to descriptor, and always forward.

use super::Refusal;

/// Reads a little-endian `u16`; `None` past the end.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let rest = bytes.get(at..)?;
    rest.first_chunk::<2>().map(|pair| u16::from_le_bytes(*pair))
}

/// One descriptor: its offset in the bytes that are walked, and its own bytes, `bLength` of them.
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
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Walk<'a> {
    /// From the start.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// From the descriptor after the one at `offset`. Empty if there is none at `offset`.
    pub(super) fn after(bytes: &'a [u8], offset: usize) -> Self {
        let mut walk = Self { bytes, offset };
        if !matches!(walk.next(), Some(Ok(_))) {
            walk.offset = bytes.len();
        }
        walk
    }

    /// The next descriptor, if it is of this kind; the walk goes past it then.
    pub(super) fn next_if(&mut self, kind: u8) -> Option<Found<'a>> {
        let mut ahead = self.clone();
        let found = ahead.next()?.ok().filter(|found| found.kind == kind)?;
        *self = ahead;
        Some(found)
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
