//! C's format strings, as the kernel's `DbgPrint` and `_snprintf` families read them (c-runtime, "Format specification
//! syntax: printf and wprintf functions", and the page of `DbgPrint`).
//!
//! Floating point is what the pages exclude for kernel mode: its conversions take their argument and show their text.

use super::{Kernel, export::Args};
use crate::{abi::UNICODE_STRING, mem::Addr, stop::Stop};

/// Whose format it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// A debug message: pointers are shown by the name of what they point to.
    Message,
    /// Characters of a byte.
    Narrow,
    /// Characters of two bytes: `%s` and `%c` mean these.
    Wide,
}

/// The longest field, in characters: what `DbgPrint` can show at once.
const LONGEST: usize = 512;

/// A conversion, taken apart.
#[expect(clippy::struct_excessive_bools, reason = "the flags of a conversion are that many")]
#[derive(Clone, Copy, Default)]
struct Conversion {
    left: bool,
    zeros: bool,
    alternate: bool,
    plus: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
    /// Bytes of an integer.
    size: u32,
    /// What `h`, `l` or `w` says of characters.
    wide: Option<bool>,
    kind: char,
}

/// What stands before the digits of a number, and the digits.
struct Number {
    sign: String,
    digits: String,
}

impl Kernel {
    /// What C's `printf` makes of a format whose arguments begin with number `next`.
    pub(super) fn format(&self, format: &str, family: Family, args: Args, next: u64) -> Result<String, Stop> {
        let mut arguments = (next..).map(|index| args.get(self, index));
        let mut argument = || arguments.next().unwrap_or(Ok(0));
        let mut text = String::new();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            let (before, after) = rest.split_at(at);
            text.push_str(before);
            let mut reader = Reader { rest: after.get(1..).unwrap_or_default() };
            let Some(conversion) = reader.conversion(&mut argument)? else { break };
            rest = reader.rest;
            if conversion.kind == '%' {
                text.push('%');
            } else {
                let value = argument()?;
                text.push_str(&self.convert(conversion, value, family)?);
            }
        }
        // A format that ends in the middle of a conversion shows nothing of it.
        if !rest.contains('%') {
            text.push_str(rest);
        }
        Ok(text)
    }

    fn convert(&self, conversion: Conversion, value: u64, family: Family) -> Result<String, Stop> {
        let wide_family = family == Family::Wide;
        Ok(match conversion.kind {
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => conversion.lay_out(&conversion.number(value)),
            // Pointers are named in messages: numbers say nothing there.
            'p' if family == Family::Message => conversion.pad(self.object(Addr(value)).to_string()),
            'p' => conversion.pad(format!("{value:016X}")),
            'c' => conversion.pad(character(value, conversion.wide.unwrap_or(wide_family))),
            'C' => conversion.pad(character(value, conversion.wide.unwrap_or(!wide_family))),
            's' => conversion.pad(self.text(conversion, value, conversion.wide.unwrap_or(wide_family))?),
            'S' => conversion.pad(self.text(conversion, value, conversion.wide.unwrap_or(!wide_family))?),
            'Z' => conversion.pad(self.counted(conversion, value)?),
            // Not supported in kernel mode, or disabled: %e %f %g %a, %n.
            other => conversion.pad(format!("%{other}")),
        })
    }

    fn text(&self, conversion: Conversion, value: u64, wide: bool) -> Result<String, Stop> {
        let at = Addr(value);
        if at.is_null() {
            return Ok("(null)".chars().take(conversion.limit()).collect());
        }
        // No more is read than the precision allows: such text needs no end.
        let mut units = Vec::new();
        while units.len() < conversion.limit() {
            let index = units.len() as u64;
            let unit = if wide {
                self.mem.read::<u16>(at.add(index * 2))?
            } else {
                u16::from(self.mem.read::<u8>(at.add(index))?)
            };
            if unit == 0 {
                break;
            }
            units.push(unit);
        }
        Ok(String::from_utf16_lossy(&units))
    }

    /// `%wZ` is a `UNICODE_STRING`, `%Z` an `ANSI_STRING`, which are laid out alike.
    fn counted(&self, conversion: Conversion, value: u64) -> Result<String, Stop> {
        if value == 0 {
            return Ok("(null)".into());
        }
        let string: UNICODE_STRING = self.mem.read(Addr(value))?;
        let text = if conversion.wide == Some(true) {
            self.counted_text(&string)?
        } else if string.Length == 0 {
            String::new()
        } else {
            let bytes = self.mem.bytes(string.Buffer, u64::from(string.Length))?;
            bytes.iter().map(|byte| char::from(*byte)).collect()
        };
        Ok(text.chars().take(conversion.limit()).collect())
    }
}

fn character(value: u64, wide: bool) -> String {
    // CAST: a character is the lowest bytes of its argument.
    let unit = if wide { value as u16 } else { u16::from(value as u8) };
    String::from_utf16_lossy(&[unit])
}

/// What is left of a format.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Reads a conversion behind its percent sign. `None` at the end of the format.
    fn conversion(
        &mut self,
        argument: &mut impl FnMut() -> Result<u64, crate::mem::BadAccess>,
    ) -> Result<Option<Conversion>, Stop> {
        let mut it = Conversion { size: 4, ..Conversion::default() };
        loop {
            match self.rest.chars().next() {
                Some('-') => it.left = true,
                Some('+') => it.plus = true,
                Some('0') => it.zeros = true,
                Some(' ') => it.space = true,
                Some('#') => it.alternate = true,
                _ => break,
            }
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        if let Some(width) = self.count(argument)? {
            it.left |= width < 0;
            it.width = limited(width.unsigned_abs());
        }
        if self.take(".") {
            let precision = self.count(argument)?.unwrap_or(0);
            // A negative one counts as none.
            it.precision = u64::try_from(precision).ok().map(limited);
        }
        self.size(&mut it);
        let Some(kind) = self.rest.chars().next() else { return Ok(None) };
        self.rest = self.rest.get(kind.len_utf8()..).unwrap_or_default();
        it.kind = kind;
        Ok(Some(it))
    }

    /// A number, or a star that stands for an argument.
    fn count(
        &mut self,
        argument: &mut impl FnMut() -> Result<u64, crate::mem::BadAccess>,
    ) -> Result<Option<i64>, Stop> {
        if self.take("*") {
            // CAST: an int is the lower half of its argument.
            return Ok(Some(i64::from(argument()? as i32)));
        }
        let digits = self.rest.len() - self.rest.trim_start_matches(|it: char| it.is_ascii_digit()).len();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        Ok(if digits == 0 { None } else { Some(number.parse().unwrap_or(i64::MAX)) })
    }

    fn size(&mut self, it: &mut Conversion) {
        const SIZES: &[(&str, u32, Option<bool>)] = &[
            ("hh", 1, Some(false)),
            ("h", 2, Some(false)),
            ("ll", 8, Some(true)),
            ("l", 4, Some(true)),
            ("w", 4, Some(true)),
            ("I64", 8, None),
            ("I32", 4, None),
            ("I", 8, None),
            ("j", 8, None),
            ("z", 8, None),
            ("t", 8, None),
            ("L", 8, None),
        ];
        let found = SIZES.iter().find(|(prefix, _, _)| self.rest.starts_with(prefix));
        if let Some((prefix, size, wide)) = found {
            self.rest = self.rest.get(prefix.len()..).unwrap_or_default();
            (it.size, it.wide) = (*size, *wide);
        }
    }
}

fn limited(count: u64) -> usize {
    usize::try_from(count).unwrap_or(LONGEST).min(LONGEST)
}

impl Conversion {
    /// How many characters of a text are shown.
    fn limit(&self) -> usize {
        self.precision.unwrap_or(usize::MAX)
    }

    fn number(&self, value: u64) -> Number {
        let bits = self.size * 8;
        let shift = 64 - bits;
        let unsigned = value << shift >> shift;
        let negative = matches!(self.kind, 'd' | 'i') && unsigned >> (bits - 1) & 1 != 0;
        let signed = (value << shift).cast_signed() >> shift;
        let magnitude = if negative { signed.unsigned_abs() } else { unsigned };
        let mut digits = match self.kind {
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            'o' => format!("{magnitude:o}"),
            _ => magnitude.to_string(),
        };
        if magnitude == 0 && self.precision == Some(0) {
            digits.clear();
        }
        let missing = self.precision.unwrap_or(1).saturating_sub(digits.len());
        digits.insert_str(0, &"0".repeat(missing));
        let sign = match self.kind {
            'd' | 'i' if negative => "-",
            'd' | 'i' if self.plus => "+",
            'd' | 'i' if self.space => " ",
            'x' if self.alternate && magnitude != 0 => "0x",
            'X' if self.alternate && magnitude != 0 => "0X",
            'o' if self.alternate && !digits.starts_with('0') => "0",
            _ => "",
        };
        Number { sign: sign.into(), digits }
    }

    /// Zeros fill a field between sign and digits, unless a precision says how many digits there are.
    fn lay_out(&self, number: &Number) -> String {
        let room = self.width.saturating_sub(number.sign.len() + number.digits.len());
        if self.zeros && !self.left && self.precision.is_none() {
            return format!("{}{}{}", number.sign, "0".repeat(room), number.digits);
        }
        self.pad(format!("{}{}", number.sign, number.digits))
    }

    fn pad(&self, shown: String) -> String {
        let room = self.width.saturating_sub(shown.chars().count());
        match (self.left, self.zeros) {
            _ if room == 0 => shown,
            (true, _) => shown + &" ".repeat(room),
            (false, true) if !matches!(self.kind, 'd' | 'i' | 'u' | 'x' | 'X' | 'o') => {
                "0".repeat(room) + &shown
            }
            (false, _) => " ".repeat(room) + &shown,
        }
    }
}
