//! Devices that come and go.

use std::{
    future::poll_fn,
    time::{Duration, Instant},
};

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
