//! Which device is meant.

use std::{convert::Infallible, str::FromStr};

use super::{Claimed, Unplug, parse};

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

/// `NUMBER@TIME`.
pub fn unplug(text: &str) -> Result<Unplug, String> {
    let wrong = || format!("`{text}` is not NUMBER@TIME, such as 1@2s");
    let (number, after) = text.split_once('@').ok_or_else(wrong)?;
    let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    Ok(Unplug { number, after: parse::time(after)? })
}

/// `NUMBER:INTERFACE`.
pub fn claimed(text: &str) -> Result<Claimed, String> {
    let wrong = || format!("`{text}` is not NUMBER:INTERFACE, such as 1:0");
    let (number, interface) = text.split_once(':').ok_or_else(wrong)?;
    let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    Ok(Claimed { number, interface: parse::byte(interface)? })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Claimed, Selector, Unplug, claimed, unplug};

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

    #[test]
    fn what_is_done_to_devices() {
        assert_eq!(unplug("2@1.5s"), Ok(Unplug { number: 2, after: Duration::from_millis(1500) }));
        assert_eq!(claimed("1:0x02"), Ok(Claimed { number: 1, interface: 2 }));
        for wrong in ["", "1", "@1s", "0@1s", "1@", "1:", "0:1", "1:256", "x:1"] {
            assert!(unplug(wrong).is_err() && claimed(wrong).is_err(), "{wrong}");
        }
    }
}
