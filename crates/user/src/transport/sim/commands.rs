//! What the machine's thread is told.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    time::Duration,
};

use ntsim::kernel::io::user::Handle;

use super::world::World;
use crate::{
    error::{Error, ErrorKind, SystemCode},
    transport::{Ended, Parcel, Slot},
};

/// One command.
pub(super) enum Command {
    /// A request on an open file.
    Start { file: Handle, slot: Arc<Slot>, parcel: Parcel },
    /// The request with this number is to be cancelled.
    Cancel(usize),
    /// A file is closed.
    Close(Handle),
    /// Anything else, which somebody waits for.
    Call(Box<dyn FnOnce(&mut World) + Send>),
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { file, .. } => write!(f, "Start({file:?})"),
            Self::Cancel(number) => write!(f, "Cancel({number})"),
            Self::Close(file) => write!(f, "Close({file:?})"),
            Self::Call(_) => f.write_str("Call"),
        }
    }
}

/// Commands on their way to the machine.
#[derive(Debug, Default)]
pub(super) struct Commands {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Command>,
    /// Why nobody will look at commands any more.
    over: Option<Arc<str>>,
}

impl Commands {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a command. A request that comes when all is over ends at once.
    pub(super) fn send(&self, command: Command) {
        let mut state = self.lock();
        let Some(why) = state.over.clone() else {
            state.waiting.push_back(command);
            drop(state);
            self.came.notify_one();
            return;
        };
        drop(state);
        if let Command::Start { slot, parcel, .. } = command {
            slot.end(gone(parcel, why));
        }
    }

    /// Has the machine's thread do something, and waits for what comes out.
    pub(super) fn call<T: Send + 'static>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&mut World) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.send(Command::Call(Box::new(move |world| {
            // Whoever asked is waiting.
            let _ = reply.send(act(world));
        })));
        answer.recv().map_err(|_| {
            let why = self.lock().over.clone();
            Error::new(ErrorKind::Simulator, doing).with_why(why)
        })
    }

    /// The next command, if there is one.
    pub(super) fn next(&self) -> Option<Command> {
        self.lock().waiting.pop_front()
    }

    /// Waits for a command, at most so long.
    pub(super) fn wait(&self, at_most: Option<Duration>) {
        let state = self.lock();
        let nothing = |state: &mut State| state.waiting.is_empty();
        // Whether it was the time or a command, the caller looks.
        match at_most {
            Some(time) => drop(self.came.wait_timeout_while(state, time, nothing)),
            None => drop(self.came.wait_while(state, nothing)),
        }
    }

    /// Nobody will look at commands any more: those that wait end.
    pub(super) fn end(&self, why: &Arc<str>) {
        let left = {
            let mut state = self.lock();
            state.over.get_or_insert_with(|| Arc::clone(why));
            std::mem::take(&mut state.waiting)
        };
        for command in left {
            if let Command::Start { slot, parcel, .. } = command {
                slot.end(gone(parcel, Arc::clone(why)));
            }
        }
    }
}

/// The end of a request that no machine will carry out.
pub(super) const fn gone(parcel: Parcel, why: Arc<str>) -> Ended {
    /// `STATUS_DEVICE_NOT_CONNECTED`
    const NOT_CONNECTED: u32 = 0xC000_009D;
    Ended { code: SystemCode::NtStatus(NOT_CONNECTED), moved: 0, parcel, why: Some(why) }
}
