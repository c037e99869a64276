//! How many of the calls from one place fail.

use super::{super::Extent, PAIRED};

/// How many of the calls from one place fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many of the first calls.
    pub first: u32,
    /// How many of the last calls.
    pub last: u32,
    /// Whether a second call fails in the lives in which one has failed.
    pub pairs: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { first: 4, last: 1, pairs: false }
    }
}

impl Bounds {
    /// What is done with a scenario.
    pub(super) fn of(extent: Extent, scenario: &str) -> Self {
        let pairs = PAIRED.contains(&scenario);
        match extent {
            Extent::Quick => Self { first: 2, last: 1, pairs },
            Extent::Normal => Self { first: 8, last: 2, pairs },
            Extent::Full if super::LONG.contains(&scenario) => Self { first: 64, last: 4, pairs: false },
            Extent::Full => Self { first: if pairs { 8 } else { 2 }, last: 1, pairs: true },
        }
    }

    /// Which of `count` calls fail, counted from 1.
    pub(super) fn occurrences(self, count: u32) -> impl Iterator<Item = u32> {
        let last = count.saturating_sub(self.last);
        (1..=count).filter(move |number| *number <= self.first || *number > last)
    }
}

#[cfg(test)]
mod tests {
    use super::Bounds;

    #[test]
    fn the_first_and_the_last_calls_fail() {
        let of = |count| Bounds { first: 2, ..Bounds::default() }.occurrences(count).collect::<Vec<_>>();
        assert!(of(0).is_empty());
        assert_eq!(of(2), [1, 2]);
        assert_eq!(of(3), [1, 2, 3]);
        assert_eq!(of(9), [1, 2, 9]);
    }
}
