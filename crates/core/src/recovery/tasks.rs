//! What the device's work item does without being asked by a request.
//!
//! Whoever finds such a thing notes it under the device's lock and starts the work item; a device that stops forgets it,
//! and one that sleeps does it when it is in D0 again.

use crate::endpoint_set::EndpointSet;

/// What is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tasks {
    reopens: EndpointSet,
    resets: EndpointSet,
    pumps: EndpointSet,
    closes_streams: bool,
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Open the streams of the endpoint anew: the device was without power.
    Reopen(u8),
    /// Reset the pipe of the endpoint: its reader met a halt, or its policy wants that on resume.
    Reset(u8),
    /// Close the streams of files that are closed.
    CloseStreams,
    /// Go on sending the reads of the endpoint's reader.
    Pump(u8),
}

impl Tasks {
    /// Nothing is to be done.
    pub const NONE: Self = Self {
        reopens: EndpointSet::NONE,
        resets: EndpointSet::NONE,
        pumps: EndpointSet::NONE,
        closes_streams: false,
    };

    /// Whether nothing is to be done.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.reopens.is_empty() && self.resets.is_empty() && self.pumps.is_empty() && !self.closes_streams
    }

    /// The streams of the endpoint are to be opened anew.
    pub const fn reopen(&mut self, endpoint: u8) {
        self.reopens.insert(endpoint);
    }

    /// The pipe of the endpoint is to be reset.
    pub const fn reset(&mut self, endpoint: u8) {
        self.resets.insert(endpoint);
    }

    /// The reader of the endpoint has more to send.
    pub const fn pump(&mut self, endpoint: u8) {
        self.pumps.insert(endpoint);
    }

    /// A file was closed that may have opened streams.
    pub const fn close_streams(&mut self) {
        self.closes_streams = true;
    }

    /// What comes before the requests that wait for the work item.
    pub const fn before_requests(&mut self) -> Option<Task> {
        if let Some(endpoint) = self.reopens.pop() {
            return Some(Task::Reopen(endpoint));
        }
        if let Some(endpoint) = self.resets.pop() {
            return Some(Task::Reset(endpoint));
        }
        if core::mem::replace(&mut self.closes_streams, false) {
            return Some(Task::CloseStreams);
        }
        None
    }

    /// What comes after them, so that a device that always has data does not keep them waiting.
    pub const fn after_requests(&mut self) -> Option<Task> {
        match self.pumps.pop() {
            Some(endpoint) => Some(Task::Pump(endpoint)),
            None => None,
        }
    }
}
