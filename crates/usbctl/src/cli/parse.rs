//! The values of options: sizes, times, addresses, bytes.

use std::time::Duration;

/// A number, decimal or with `0x`.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match digits {
        // from_str_radix would take a sign.
        Some(digits) if digits.starts_with('+') => None,
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if text.starts_with('+') => None,
        None => text.parse().ok(),
    }
}

/// A size: `512`, `64K`, `1MiB`, `0x200`. K, M and G are powers of 1024, with `iB` or without; KB, MB and GB of 1000.
///
/// # Errors
/// What is wrong with it.
pub fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no size: write 512, 64K or 1MiB");
    if let Some(value) = number(text) {
        return Ok(value);
    }
    let at = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(wrong)?;
    let (digits, unit) = text.split_at(at);
    let value: u64 = digits.parse().map_err(|_| wrong())?;
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    value.checked_mul(unit).ok_or_else(|| format!("`{text}` is too large"))
}

/// A time: `2s`, `250ms`, `1.5s`, `100us`, `2m`; a number alone is seconds.
///
/// # Errors
/// What is wrong with it.
pub fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write 2s, 250ms or 1.5s");
    let at = text.find(|character: char| character.is_ascii_alphabetic() || character == 'µ');
    let (digits, unit) = text.split_at(at.unwrap_or(text.len()));
    let nanos: u128 = match unit.trim() {
        "" | "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" | "µs" => 1_000,
        "m" | "min" => 60_000_000_000,
        _ => return Err(wrong()),
    };
    let (whole, part) = digits.trim().split_once('.').unwrap_or_else(|| (digits.trim(), "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) || part.len() > 9 {
        return Err(wrong());
    }
    let whole: u128 = whole.parse().map_err(|_| wrong())?;
    let part: u128 = format!("{part:0<9}").parse().map_err(|_| wrong())?;
    let total = whole.checked_mul(nanos).and_then(|total| total.checked_add(part * nanos / 1_000_000_000));
    let total = total.and_then(|total| u64::try_from(total).ok());
    total.map(Duration::from_nanos).ok_or_else(|| format!("`{text}` is too long"))
}

/// An endpoint's address: `0x81`, `81` or `129` would be guesses, so it has `0x`, or it is `1in`, `2out`.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<u8, String> {
    let lower = text.trim().to_ascii_lowercase();
    let with_direction = |suffix: &str, bit: u8| {
        let number: u8 = lower.strip_suffix(suffix)?.trim().parse().ok()?;
        (1..=15).contains(&number).then_some(number | bit)
    };
    let found = with_direction("in", 0x80).or_else(|| with_direction("out", 0));
    let found = found.or_else(|| lower.starts_with("0x").then(|| number(&lower)).flatten()?.try_into().ok());
    match found {
        Some(address) if address & 0x70 == 0 && address & 0x0F != 0 => Ok(address),
        _ => Err(format!("`{text}` is no endpoint address: write 0x81 or 1in, 0x02 or 2out")),
    }
}

/// A byte: `16` or `0x10`.
///
/// # Errors
/// What is wrong with it.
pub fn byte(text: &str) -> Result<u8, String> {
    number(text)
        .and_then(|value| value.try_into().ok())
        .ok_or_else(|| format!("`{text}` is no number up to 255"))
}

/// Two bytes: `258` or `0x0102`.
///
/// # Errors
/// What is wrong with it.
pub fn word(text: &str) -> Result<u16, String> {
    let value = number(text).and_then(|value| value.try_into().ok());
    value.ok_or_else(|| format!("`{text}` is no number up to 65535"))
}

/// Bytes as hexadecimal digits, two for each, with what people put between them: spaces, commas, colons, dashes, `0x`.
///
/// # Errors
/// What is wrong with it.
pub fn bytes(text: &str) -> Result<Bytes, String> {
    let mut bytes = Vec::new();
    for part in
        text.split(|character: char| character.is_whitespace() || matches!(character, ',' | ':' | '-' | '_'))
    {
        let digits = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")).unwrap_or(part);
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(format!("`{part}` is no byte: write 01 ff or 01ff"));
        }
        if digits.len() % 2 != 0 {
            return Err(format!("`{part}` has an odd number of digits: write two for each byte"));
        }
        for pair in digits.as_bytes().chunks_exact(2) {
            let digits = std::str::from_utf8(pair).map_err(|_| format!("`{part}` is no byte"))?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| format!("`{part}` is no byte"))?);
        }
    }
    Ok(Bytes(bytes))
}

/// Bytes that were given as digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// The eight bytes of a setup packet, as they go over the wire.
///
/// # Errors
/// What is wrong with it.
pub fn setup(text: &str) -> Result<[u8; 8], String> {
    let Bytes(bytes) = bytes(text)?;
    let count = bytes.len();
    bytes.try_into().map_err(|_| format!("a setup packet has 8 bytes, not {count}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{Bytes, address, byte, bytes, setup, size, time, word};
    use crate::output::hex;

    #[test]
    fn sizes() {
        let read = ["512", "0x200", "64K", "64KiB", "64kb", "1MiB", "2G", "7b"].map(|text| size(text).ok());
        let bytes = [512, 512, 65536, 65536, 64000, 1 << 20, 2 << 30, 7].map(Some);
        assert_eq!(read, bytes);
        for wrong in ["", "K", "-1", "+1", "0x+1", "1.5K", "12parsec", "99999999999G", "18446744073709551616"]
        {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        let read = ["2", "2s", "250ms", "1.5s", "100us", "1m", "0"].map(|text| time(text).ok());
        let millis = [2000.0, 2000.0, 250.0, 1500.0, 0.1, 60000.0, 0.0]
            .map(|ms: f64| Some(Duration::from_secs_f64(ms / 1000.0)));
        assert_eq!(read, millis);
        for wrong in
            ["", "s", "-1s", "1.s", ".5s", "1,5s", "3 weeks", "99999999999999999999s", "999999999999m"]
        {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses() {
        let read = ["0x81", "1in", "0x02", "2 out", "0X8F"].map(|text| address(text).ok());
        assert_eq!(read, [0x81, 0x81, 0x02, 0x02, 0x8F].map(Some));
        for wrong in ["81", "0x80", "0x00", "0x91", "16in", "0in", "in", "0x181", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn setups() {
        assert_eq!(setup("C0 01 00 00 00 00 40 00"), Ok([0xC0, 1, 0, 0, 0, 0, 0x40, 0]));
        assert_eq!(setup("c001000000004000"), setup("0xC0,0x01,00:00-00-00,40 00"));
        assert_eq!(setup("C0"), Err("a setup packet has 8 bytes, not 1".to_owned()));
        assert!(
            bytes("0").is_err() && bytes("0g").is_err() && byte("256").is_err() && word("0x10000").is_err()
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_given(data in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(bytes(&hex::plain(&data)), Ok(Bytes(data.clone())));
            prop_assert_eq!(bytes(&hex::spaced(&data)), Ok(Bytes(data)));
        }

        #[test]
        fn sizes_in_every_unit(count in 0..u64::from(u32::MAX)) {
            prop_assert_eq!(size(&count.to_string()), Ok(count));
            prop_assert_eq!(size(&format!("{count:#x}")), Ok(count));
            prop_assert_eq!(size(&format!("{count}KiB")), Ok(count << 10));
        }

        #[test]
        fn any_text_is_an_answer(text in ".{0,24}") {
            let _ = (size(&text), time(&text), address(&text), bytes(&text), setup(&text), byte(&text), word(&text));
        }

        #[test]
        fn every_legal_address(number in 1..=15_u8, is_in: bool) {
            let expected = number | if is_in { 0x80 } else { 0 };
            prop_assert_eq!(address(&format!("{expected:#04x}")), Ok(expected));
            prop_assert_eq!(address(&format!("{number}{}", if is_in { "in" } else { "out" })), Ok(expected));
        }
    }
}
