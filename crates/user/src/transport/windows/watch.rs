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
    device_info::Description,
    error::{Error, ErrorKind},
    transport::Sender,
    watch::Change,
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
                if !tell(&present, &now, &sender) {
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

/// Tells what differs. False: nobody listens any more.
fn tell(before: &[Description], now: &[Description], sender: &Sender<Change>) -> bool {
    let is_in = |list: &[Description], one: &Description| list.iter().any(|other| other.id == one.id);
    let gone = before.iter().filter(|one| !is_in(now, one)).map(|one| Change::Removed(one.id.clone()));
    let new = now.iter().filter(|one| !is_in(before, one)).map(|one| Change::Arrived(one.id.clone()));
    gone.chain(new).all(|change| sender.send(change))
}
