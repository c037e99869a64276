//! The bytes of a transfer.

use std::{fmt, ops::Deref};

/// The bytes of a transfer: it is moved into the transfer and comes back with its end, so that its memory is used again.
///
/// It holds some bytes (it dereferences to them), and has room for more. An OUT transfer sends the bytes that it holds. An IN
/// transfer asks for as many as there is room for, and it holds what has come afterwards.
#[derive(Clone, Default)]
pub struct Buffer {
    /// All the room, initialised once.
    room: Vec<u8>,
    length: usize,
}

impl Buffer {
    /// Room for so many bytes, and no bytes.
    #[must_use]
    pub fn with_room(room: usize) -> Self {
        Self { room: vec![0; room], length: 0 }
    }

    /// How many bytes there is room for.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.room.len()
    }

    /// Forgets the bytes. The room stays.
    pub const fn clear(&mut self) {
        self.length = 0;
    }

    /// Appends as many of `bytes` as there is room for; gives how many.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let rest = self.room.get_mut(self.length..).unwrap_or_default();
        let count = rest.len().min(bytes.len());
        rest.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.length += count;
        count
    }

    /// The bytes that it holds, as a vector.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<u8> {
        self.room.truncate(self.length);
        self.room
    }

    /// All the room, for a transfer, and how much of it takes part.
    pub(super) fn for_transfer(self, is_in: bool) -> (Vec<u8>, usize) {
        let length = if is_in { self.room.len() } else { self.length };
        (self.room, length)
    }

    /// What a transfer gives back.
    pub(super) const fn of_transfer(room: Vec<u8>, length: usize) -> Self {
        let length = if length < room.len() { length } else { room.len() };
        Self { room, length }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.room.get(..self.length).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// The bytes, and no room for more.
impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len(), room: bytes }
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl<const N: usize> From<&[u8; N]> for Buffer {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.to_vec().into()
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} of {} bytes)", self.length, self.room.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;

    #[test]
    fn it_takes_what_there_is_room_for() {
        let mut buffer = Buffer::with_room(4);
        assert_eq!((buffer.append(b"abc"), buffer.append(b"def"), buffer.append(b"g")), (3, 1, 0));
        assert_eq!(*buffer, *b"abcd");
        buffer.clear();
        assert!(buffer.is_empty());
        assert_eq!(buffer.append(b"xy"), 2);
        assert_eq!(buffer.into_vec(), b"xy");
    }

    #[test]
    fn a_transfer_takes_the_room_or_the_bytes() {
        let mut buffer = Buffer::with_room(4);
        buffer.append(b"ab");
        assert_eq!(buffer.clone().for_transfer(true).1, 4);
        assert_eq!(buffer.for_transfer(false).1, 2);
        assert_eq!(Buffer::of_transfer(vec![1, 2], 9).len(), 2);
    }
}
