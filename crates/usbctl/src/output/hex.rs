//! Bytes as digits.

use std::fmt::Write as _;

/// Without anything between: `0102ff`.
pub fn plain(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// With a space between: `01 02 ff`.
pub fn spaced(bytes: &[u8]) -> String {
    let texts: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    texts.join(" ")
}

/// Lines of sixteen bytes, with their offset and as letters.
#[derive(Debug, Default)]
pub struct Dump {
    offset: u64,
    line: Vec<u8>,
}

impl Dump {
    /// The lines that are full now. What is left comes with the next bytes, or with [`finish`](Self::finish).
    pub fn lines(&mut self, bytes: &[u8]) -> String {
        let mut text = String::new();
        for byte in bytes {
            self.line.push(*byte);
            if self.line.len() == 16 {
                self.flush(&mut text);
            }
        }
        text
    }

    /// The last line.
    pub fn finish(mut self) -> String {
        let mut text = String::new();
        if !self.line.is_empty() {
            self.flush(&mut text);
        }
        text
    }

    fn flush(&mut self, text: &mut String) {
        let line = std::mem::take(&mut self.line);
        let (left, right) = line.split_at(line.len().min(8));
        let letters: String = line.iter().map(|byte| letter(*byte)).collect();
        let _ = writeln!(text, "{:08x}  {:<23}  {:<23}  {letters}", self.offset, spaced(left), spaced(right));
        self.offset = self.offset.saturating_add(line.len() as u64);
    }
}

const fn letter(byte: u8) -> char {
    if matches!(byte, 0x20..=0x7E) { byte as char } else { '.' }
}

/// Bytes as a dump in one piece.
pub fn dump(bytes: &[u8]) -> String {
    let mut dump = Dump::default();
    let text = dump.lines(bytes);
    text + &dump.finish()
}

#[cfg(test)]
mod tests {
    use super::{Dump, dump};

    #[test]
    fn a_dump_in_pieces_is_the_dump() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let mut pieces = Dump::default();
        let mut text: String = bytes.chunks(7).map(|piece| pieces.lines(piece)).collect();
        text += &pieces.finish();
        assert_eq!(text, dump(&bytes));
    }

    #[test]
    fn a_line_of_a_dump() {
        assert_eq!(
            dump(b"usbclient"),
            "00000000  75 73 62 63 6c 69 65 6e  74                       usbclient\n"
        );
    }
}
