//! Devices that come and go.

use std::{
    future::poll_fn,
    time::{Duration, Instant},
};

#[cfg(any(windows, all(feature = "sim", target_os = "linux", target_arch = "x86_64")))]
use crate::device_info::Description;
use crate::{
    device_info::DeviceId,
    transport::{Feed, Guard},
};

/// A device came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It can be opened now: [`Context::find`](crate::Context::find).
    Arrived(DeviceId),
    /// It is gone.
    Removed(DeviceId),
}

/// What differs between two looks: who is gone, then who is new.
#[cfg(any(windows, all(feature = "sim", target_os = "linux", target_arch = "x86_64")))]
pub fn differences(before: &[Description], now: &[Description]) -> Vec<Change> {
    let missing_from = |list: &[Description], one: &Description| list.iter().all(|other| other.id != one.id);
    let gone = before.iter().filter(|one| missing_from(now, one)).map(|one| Change::Removed(one.id.clone()));
    let new = now.iter().filter(|one| missing_from(before, one)).map(|one| Change::Arrived(one.id.clone()));
    gone.chain(new).collect()
}

/// Tells of devices that come and go, as a blocking iterator or as a future.
#[derive(Debug)]
pub struct Watch {
    feed: Feed<Change>,
    _guard: Guard,
}

impl Watch {
    pub(crate) const fn new(feed: Feed<Change>, guard: Guard) -> Self {
        Self { feed, _guard: guard }
    }

    /// Waits for the next change. None: none came in time, or none will come any more.
    pub fn next_within(&mut self, time: Duration) -> Option<Change> {
        self.feed.next(Some(Instant::now() + time))
    }

    /// The next change, as a future. None: none will come any more.
    pub async fn next_change(&mut self) -> Option<Change> {
        poll_fn(|context| self.feed.poll_next(context)).await
    }
}

impl Iterator for Watch {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        self.feed.next(None)
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, differences};
    use crate::device_info::{Description, DeviceId};

    #[test]
    fn who_is_gone_comes_before_who_is_new() {
        let look = |names: &[&str]| -> Vec<Description> {
            names.iter().map(|name| Description::new(DeviceId::new(*name), "", None, None)).collect()
        };
        let (before, now) = (look(&["a", "b"]), look(&["b", "c"]));
        let [gone, new] = ["a", "c"].map(DeviceId::new);
        assert_eq!(differences(&before, &now), [Change::Removed(gone), Change::Arrived(new)]);
        assert!(differences(&now, &now).is_empty());
    }
}
