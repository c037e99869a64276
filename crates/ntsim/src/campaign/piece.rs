//! What there is to do, cut into pieces.

use serde::{Deserialize, Serialize};

/// How much is tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Extent {
    /// A few minutes on two processors, on every change.
    #[default]
    Quick,
    /// A coffee break or two.
    Normal,
    /// A night.
    Full,
}

/// What is to be tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// How much.
    pub extent: Extent,
    /// Where every choice at random starts from.
    pub seed: u64,
    /// The device model to put behind a driver that is not usbclient. None: the driver is usbclient, and is played
    /// with the scenarios that are written for it.
    pub device: Option<String>,
}

/// One of several equal shares of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Share {
    /// Which, from 0.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Default for Share {
    fn default() -> Self {
        Self { number: 0, of: 1 }
    }
}

impl Share {
    /// All shares of something that is cut into this many.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        (0..of).map(move |number| Self { number, of })
    }

    /// Whether thing number `index` belongs to this share.
    #[must_use]
    pub const fn has(self, index: usize) -> bool {
        self.of != 0 && index as u64 % self.of as u64 == self.number as u64
    }
}

/// A piece of a campaign's work: the smallest thing that a process is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The campaign's name.
    pub campaign: String,
    /// The scenario, device model or specimen that it is about.
    pub subject: String,
    /// Which part of the work on that.
    pub share: Share,
    /// Where choices at random start from.
    pub seed: u64,
    /// How much.
    pub extent: Extent,
    /// About how many lives it takes, to tell how much is left.
    pub weight: u32,
}

impl Piece {
    /// All of the work of a campaign on a subject.
    #[must_use]
    pub fn new(campaign: &str, subject: &str, plan: &Plan) -> Self {
        let (campaign, subject) = (campaign.into(), subject.into());
        Self { campaign, subject, share: Share::default(), seed: plan.seed, extent: plan.extent, weight: 1 }
    }

    /// The same, but a share of it.
    #[must_use]
    pub const fn share(mut self, share: Share) -> Self {
        self.share = share;
        self
    }

    /// The same, taking about this many lives.
    #[must_use]
    pub const fn weighing(mut self, lives: u32) -> Self {
        self.weight = lives;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn shares_have_everything_once() {
        for of in 1..9 {
            for index in 0..40 {
                assert_eq!(Share::all(of).filter(|share| share.has(index)).count(), 1);
            }
        }
    }
}
