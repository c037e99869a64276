//! `DbgPrint`: C's format strings over an array of arguments.

use nt_trace::event::DebugPrint;

use super::{
    Kernel, answer,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
};
use crate::{
    abi::{UNICODE_STRING, status::STATUS_SUCCESS},
    mem::Addr,
    stop::Stop,
};

/// `DbgPrint` and its sibling.
pub const EXPORTS: &[Export] = &[
    Export::new("DbgPrint", "wdm/nf-wdm-dbgprint", HIGH_LEVEL, Returns::Status, &[], Handler::Sync(print)),
    Export::new(
        "DbgPrintEx",
        "wdm/nf-wdm-dbgprintex",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(print_ex),
    ),
];

fn print(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    print_from(kernel, args, 0)
}

/// The component and the level come before the format.
fn print_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    print_from(kernel, args, 2)
}

fn print_from(kernel: &mut Kernel, args: Args, index: u64) -> Result<u64, Stop> {
    let format = kernel.c_string(args.pointer(kernel, index)?)?;
    let text = kernel.format(&format, args, index + 1)?;
    kernel.emit(DebugPrint { text: text.trim_end().to_owned().into() });
    Ok(answer(STATUS_SUCCESS))
}

/// A conversion, taken apart.
#[expect(clippy::struct_excessive_bools, reason = "the flags of a conversion are that many")]
#[derive(Clone, Copy, Default)]
struct Conversion {
    left: bool,
    zeros: bool,
    alternate: bool,
    plus: bool,
    width: usize,
    precision: Option<usize>,
    /// Bytes of an integer.
    size: u32,
    wide: bool,
    kind: u8,
}

impl Kernel {
    /// What C's `printf` makes of a format whose arguments begin with number `next`.
    pub(super) fn format(&self, format: &[u8], args: Args, mut next: u64) -> Result<String, Stop> {
        let mut text = String::new();
        let mut bytes = format.iter().copied().peekable();
        let mut argument = || {
            next += 1;
            args.get(self, next - 1)
        };
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                text.push(char::from(byte));
                continue;
            }
            let mut conversion = Conversion { size: 4, ..Conversion::default() };
            while let Some(byte) = bytes.next() {
                match byte {
                    b'-' => conversion.left = true,
                    b'0' if conversion.width == 0 && conversion.precision.is_none() => {
                        conversion.zeros = true;
                    }
                    b'#' => conversion.alternate = true,
                    b'+' => conversion.plus = true,
                    b' ' => {}
                    b'.' => conversion.precision = Some(0),
                    // CAST: a width that a format gives is small.
                    b'*' => conversion.take_number(argument()? as u32 as usize),
                    b'0'..=b'9' => conversion.add_digit(byte - b'0'),
                    b'h' => conversion.size = 2,
                    b'l' | b'w' => conversion.wide = true,
                    b'I' | b'z' | b'j' | b't' => conversion.size = 8,
                    kind => {
                        conversion.kind = kind;
                        break;
                    }
                }
                // I64, I32 and ll: the digits and the second l belong to the size.
                if byte == b'I' {
                    let digits = [bytes.next(), bytes.next()];
                    conversion.size = if digits == [Some(b'3'), Some(b'2')] { 4 } else { 8 };
                } else if byte == b'l' && bytes.peek() == Some(&b'l') {
                    bytes.next();
                    conversion.size = 8;
                }
            }
            if conversion.kind == b'%' {
                text.push('%');
            } else {
                let value = argument()?;
                let shown = self.convert(conversion, value)?;
                conversion.pad(&mut text, &shown);
            }
        }
        Ok(text)
    }

    fn convert(&self, conversion: Conversion, value: u64) -> Result<String, Stop> {
        let unsigned = match conversion.size {
            2 => value & 0xFFFF,
            4 => value & 0xFFFF_FFFF,
            _ => value,
        };
        let limit = conversion.precision.unwrap_or(usize::MAX);
        Ok(match conversion.kind {
            b'd' | b'i' => {
                let signed = match conversion.size {
                    2 => i64::from(value as i16),
                    4 => i64::from(value as i32),
                    _ => value.cast_signed(),
                };
                if conversion.plus { format!("{signed:+}") } else { signed.to_string() }
            }
            b'u' => unsigned.to_string(),
            b'x' if conversion.alternate => format!("{unsigned:#x}"),
            b'x' => format!("{unsigned:x}"),
            b'X' => format!("{unsigned:X}"),
            b'o' => format!("{unsigned:o}"),
            // Pointers differ from host to host: name what they point to.
            b'p' => self.object(Addr(value)).to_string(),
            b'c' | b'C' => char::from(value as u8).to_string(),
            b's' if conversion.wide => self.wide_text(Addr(value), limit)?,
            b'S' => self.wide_text(Addr(value), limit)?,
            b's' => {
                let bytes = if value == 0 { b"(null)".to_vec() } else { self.c_string(Addr(value))? };
                String::from_utf8_lossy(bytes.get(..bytes.len().min(limit)).unwrap_or(&[])).into_owned()
            }
            b'Z' if value != 0 => {
                let string: UNICODE_STRING = self.mem.read(Addr(value))?;
                self.counted_text(&string)?
            }
            _ => String::from("(null)"),
        })
    }

    fn wide_text(&self, address: Addr, limit: usize) -> Result<String, Stop> {
        if address.is_null() {
            return Ok("(null)".into());
        }
        let units = self.wide_string(address)?;
        Ok(String::from_utf16_lossy(units.get(..units.len().min(limit)).unwrap_or(&[])))
    }
}

impl Conversion {
    const fn take_number(&mut self, number: usize) {
        match &mut self.precision {
            Some(precision) => *precision = number,
            None => self.width = number,
        }
    }

    fn add_digit(&mut self, digit: u8) {
        let number = self.precision.as_mut().unwrap_or(&mut self.width);
        *number = number.saturating_mul(10).saturating_add(usize::from(digit)).min(256);
    }

    fn pad(&self, text: &mut String, shown: &str) {
        let room = self.width.saturating_sub(shown.chars().count());
        match (self.left, self.zeros) {
            (true, _) => {
                text.push_str(shown);
                text.extend(std::iter::repeat_n(' ', room));
            }
            (false, true) => {
                text.extend(std::iter::repeat_n('0', room));
                text.push_str(shown);
            }
            (false, false) => {
                text.extend(std::iter::repeat_n(' ', room));
                text.push_str(shown);
            }
        }
    }
}
