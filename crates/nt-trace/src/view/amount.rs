//! Amounts in words.

/// A number of bytes as a reader likes it: exact below one KiB, otherwise in the largest unit that keeps it
/// above one, with one decimal where it is not whole.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((unit, name)) = UNITS.iter().find(|(unit, _)| count >= *unit) else {
        return if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") };
    };
    let tenths = (u128::from(count) * 10 + u128::from(*unit) / 2) / u128::from(*unit);
    let (whole, tenth) = (tenths / 10, tenths % 10);
    if tenth == 0 { format!("{whole} {name}") } else { format!("{whole}.{tenth} {name}") }
}

/// `1 transfer`, `2 transfers`.
pub(super) fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn amounts_read_well() {
        let cases = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1536, "1.5 KiB"),
            (64 << 20, "64 MiB"),
            (5 << 30, "5 GiB"),
        ];
        for (count, words) in cases {
            assert_eq!(bytes(count), words);
        }
    }
}
