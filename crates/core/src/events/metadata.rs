//! `TraceLogging` metadata, made by the compiler.
//!
//! An event: `UINT16` size of all this; tags, here one zero byte; the name and a NUL; then for each field its name and a NUL,
//! its in-type with bit 7 set if an out-type follows, and the out-type. Traits of a provider: `UINT16` size, the name
//! and a NUL.

use super::FieldType;

/// One field.
pub(super) type Named = (&'static str, FieldType);

/// More follows this byte.
const CHAIN: u8 = 0x80;

pub(super) const fn traits_size(name: &str) -> usize {
    2 + name.len() + 1
}

pub(super) const fn traits<const SIZE: usize>(name: &str) -> [u8; SIZE] {
    Writer::new().text(name).bytes
}

pub(super) const fn size(name: &str, fields: &[Named]) -> usize {
    let mut size = 2 + 1 + name.len() + 1;
    let mut rest = fields;
    while let [(name, kind), others @ ..] = rest {
        size += name_length(name) + 2;
        if kind.out_type != 0 {
            size += 1;
        }
        rest = others;
    }
    size
}

/// Bytes of a field's name without its underscores.
const fn name_length(name: &str) -> usize {
    let mut rest = name.as_bytes();
    let mut length = 0;
    while let [byte, others @ ..] = rest {
        if *byte != b'_' {
            length += 1;
        }
        rest = others;
    }
    length
}

pub(super) const fn event<const SIZE: usize>(name: &str, fields: &[Named]) -> [u8; SIZE] {
    let mut writer = Writer::new().byte(0).text(name);
    let mut rest = fields;
    while let [(name, kind), others @ ..] = rest {
        writer = writer.name(name);
        writer = if kind.out_type == 0 {
            writer.byte(kind.in_type)
        } else {
            writer.byte(kind.in_type | CHAIN).byte(kind.out_type)
        };
        rest = others;
    }
    assert!(writer.at == SIZE, "the size is that of what was written");
    writer.bytes
}

struct Writer<const SIZE: usize> {
    bytes: [u8; SIZE],
    at: usize,
}

impl<const SIZE: usize> Writer<SIZE> {
    const fn new() -> Self {
        assert!(SIZE <= u16::MAX as usize, "the size fits its field");
        let size = SIZE.to_le_bytes();
        Self { bytes: [0; SIZE], at: 0 }.byte(size[0]).byte(size[1])
    }

    const fn byte(mut self, byte: u8) -> Self {
        self.bytes[self.at] = byte;
        self.at += 1;
        self
    }

    const fn text(mut self, text: &str) -> Self {
        let mut rest = text.as_bytes();
        while let [byte, others @ ..] = rest {
            self = self.byte(*byte);
            rest = others;
        }
        self.byte(0)
    }

    /// A name as this code writes it (`usbd_status`), as the events have it (`UsbdStatus`).
    const fn name(mut self, name: &str) -> Self {
        let mut rest = name.as_bytes();
        let mut starts_word = true;
        while let [byte, others @ ..] = rest {
            if *byte == b'_' {
                starts_word = true;
            } else {
                self = self.byte(if starts_word { byte.to_ascii_uppercase() } else { *byte });
                starts_word = false;
            }
            rest = others;
        }
        self.byte(0)
    }
}
