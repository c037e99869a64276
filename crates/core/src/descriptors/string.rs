//! String descriptors.

use core::char::{REPLACEMENT_CHARACTER, decode_utf16};

use super::Refusal;

const STRING: u8 = 3;

/// A string descriptor; with index 0, a list of language identifiers.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbspec/ns-usbspec-_usb_string_descriptor>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringDescriptor<'a> {
    units: &'a [u8],
}

impl<'a> StringDescriptor<'a> {
    /// The most bytes of a string descriptor.
    pub const MAX_SIZE: usize = 255;

    /// Checks the bytes that the device gave. Bytes after `bLength` are ignored.
    ///
    /// # Errors
    /// [`Refusal::Truncated`], [`Refusal::LengthTooSmall`], [`Refusal::WrongType`] or [`Refusal::OddLength`].
    pub fn parse(given: &'a [u8]) -> Result<Self, Refusal> {
        let [length, kind] = *given.first_chunk::<2>().ok_or(Refusal::Truncated)?;
        if kind != STRING {
            return Err(Refusal::WrongType);
        }
        if length < 2 {
            return Err(Refusal::LengthTooSmall);
        }
        if length & 1 != 0 {
            return Err(Refusal::OddLength);
        }
        let units = given.get(2..usize::from(length)).ok_or(Refusal::Truncated)?;
        Ok(Self { units })
    }

    /// The UTF-16 units, or the language identifiers of index 0: at most 126.
    pub fn units(&self) -> impl Iterator<Item = u16> + 'a {
        pairs(self.units)
    }

    /// The characters of a text, with U+FFFD for each surrogate that has no partner. Nothing is left out: a text from
    /// a device may have NUL, control and direction characters.
    #[must_use]
    pub const fn characters(&self) -> Characters<'a> {
        Characters { rest: self.units }
    }

    /// Whether index 0 offers this language identifier, such as 0x0409 for English (United States).
    #[must_use]
    pub fn has_language(&self, language: u16) -> bool {
        self.units().any(|unit| unit == language)
    }
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk::<2>()).map(|pair| u16::from_le_bytes(*pair))
}

/// The characters of a [`StringDescriptor`].
#[derive(Clone, Debug)]
pub struct Characters<'a> {
    rest: &'a [u8],
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = decode_utf16(pairs(self.rest)).next()?.unwrap_or(REPLACEMENT_CHARACTER);
        // A surrogate without a partner is one unit, as is U+FFFD.
        let bytes = character.len_utf16().saturating_mul(2);
        self.rest = self.rest.get(bytes..).unwrap_or_default();
        Some(character)
    }
}
