//! Devices that come and go, by looking again and again.
//!
//! Asked this way every Windows, and Wine, says the same; a look takes well under a millisecond.

use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use super::list;
use crate::{
    error::{Error, ErrorKind},
    transport::Sender,
    watch::{Change, differences},
};

/// How long a change may be unnoticed.
const INTERVAL: Duration = Duration::from_millis(100);

/// A thread that looks, until this is dropped.
#[derive(Debug)]
pub(super) struct Watching {
    /// Dropping it ends the thread.
    _end: mpsc::Sender<()>,
}

impl Watching {
    pub(super) fn start(sender: Sender<Change>) -> Result<Self, Error> {
        let mut present = list::devices()?;
        let (end, is_over) = mpsc::channel::<()>();
        let thread = thread::Builder::new().name("usbclient watch".into());
        let started = thread.spawn(move || {
            while is_over.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // A look that fails, because a device goes just now, is made again.
                let Ok(now) = list::devices() else { continue };
                if !differences(&present, &now).into_iter().all(|change| sender.send(change)) {
                    return;
                }
                present = now;
            }
        });
        started.map_err(|error| {
            Error::new(ErrorKind::NoMemory, "watching for devices").because(Arc::from(error.to_string()))
        })?;
        Ok(Self { _end: end })
    }
}
