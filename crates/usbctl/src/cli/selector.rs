//! Which device is meant.

use std::{convert::Infallible, str::FromStr};

/// A device, as it was named on the command line. One text can be several of these: what fits first, in this order, counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(pub String);

impl FromStr for Selector {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl Selector {
    /// `vid:pid`, four digits each.
    pub fn numbers(&self) -> Option<(u16, u16)> {
        let (vendor, product) = self.0.split_once(':')?;
        let number = |text: &str| {
            let is_hex = (1..=4).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_hex.then(|| u16::from_str_radix(text, 16).ok()).flatten()
        };
        Some((number(vendor)?, number(product)?))
    }

    /// The number in the list, from 1. Longer ones are serial numbers.
    pub fn place(&self) -> Option<usize> {
        let digits = self.0.strip_prefix('#').unwrap_or(&self.0);
        let is_place = (1..=3).contains(&digits.len()) && !digits.starts_with(['0', '+', '-']);
        is_place.then(|| digits.parse().ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::Selector;

    fn selector(text: &str) -> Selector {
        Selector(text.to_owned())
    }

    #[test]
    fn what_a_device_is_called() {
        assert_eq!(selector("1209:0001").numbers(), Some((0x1209, 1)));
        assert_eq!(selector("4f:1").numbers(), Some((0x4F, 1)));
        for other in ["1209", "1209:", "12090:1", "1209:0001:1", "+1:2"] {
            assert_eq!(selector(other).numbers(), None, "{other}");
        }
        assert_eq!(
            ["2", "#2", "0", "0001", "1000", "-1"].map(|text| selector(text).place()),
            [Some(2), Some(2), None, None, None, None]
        );
    }
}
